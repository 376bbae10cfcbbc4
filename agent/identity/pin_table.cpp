// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/pin_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/text.hpp"
#include "policy/pin.hpp"

namespace ktls::identity {
namespace {

constexpr std::size_t max_attribute = 512;

} // namespace

class PinTable::Reader {
public:
  Reader(PinTable& to, policy::Problems& problems) : to_(to), problems_(problems) {}

  void read(const policy::SourceFile& source) {
    to_.files_.push_back(source.name);
    file_problems_ = 0;
    std::string_view left = source.text;
    for (std::uint32_t line = 1; !left.empty(); ++line) {
      const auto end = std::min(left.find('\n'), left.size());
      read_line(left.substr(0, end), line);
      left.remove_prefix(std::min(end + 1, left.size()));
    }
    if (file_problems_ > max_problems)
      problems_.lines.push_back(
          fmt::format("{}: {} more problems", source.name, file_problems_ - max_problems));
  }

  void finish() {
    for (auto& pins : to_.pins_) {
      std::ranges::stable_sort(pins, {}, &Pin::key);
      pins.shrink_to_fit();
      for (std::size_t i = 1; i < pins.size(); ++i) {
        if (pins[i].key == pins[i - 1].key)
          note_twice(pins[i - 1], pins[i]);
      }
    }
  }

private:
  void read_line(std::string_view text, std::uint32_t line) {
    const auto file = static_cast<std::uint32_t>(to_.files_.size() - 1);
    const auto read = PinLine::parse(text);
    if (!read)
      return problem(line, read.error());
    if (!*read)
      return;
    const auto& pin = **read;
    const auto key = pin.key();
    if (!key)
      return problem(line, "cannot be hashed");
    const auto before = to_.size();
    if (before == max_pins)
      return problem(line, fmt::format("there are more than {} pins", max_pins));
    to_.pins_[static_cast<std::size_t>(pin.kind)].push_back(
        {*key, number_of(pin.user), file, line});
    if (before < max_shown)
      to_.texts_.push_back(pin.text());
    else
      to_.texts_.clear();
  }

  std::uint32_t number_of(std::string_view user) {
    const auto [found, is_new] =
        numbers_.emplace(user, static_cast<std::uint32_t>(to_.users_.size()));
    if (is_new)
      to_.users_.push_back(found->first);
    return found->second;
  }

  void problem(std::uint32_t line, std::string_view text) {
    if (++file_problems_ <= max_problems)
      problems_.lines.push_back(fmt::format("{}:{}: {}", to_.files_.back(), line, text));
  }

  void note_twice(const Pin& first, const Pin& second) {
    if (++twice_ <= max_problems)
      problems_.lines.push_back(
          fmt::format("{}: this is pinned to {} already, in {}; one of the two has to go",
                      to_.where(second), to_.user_of(first), to_.where(first)));
  }

  PinTable& to_;
  policy::Problems& problems_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::size_t file_problems_ = 0;
  std::size_t twice_ = 0;
};

PinTable PinTable::parse(std::span<const policy::SourceFile> files, policy::Problems& problems) {
  PinTable out;
  Reader reader(out, problems);
  for (const auto& file : files)
    reader.read(file);
  reader.finish();
  return out;
}

std::size_t PinTable::size() const {
  std::size_t all = 0;
  for (const auto& pins : pins_)
    all += pins.size();
  return all;
}

const PinTable::Pin* PinTable::find(PinKind kind, const tls::Sha256& key) const {
  const auto& pins = pins_[static_cast<std::size_t>(kind)];
  const auto found = std::ranges::lower_bound(pins, key, {}, &Pin::key);
  return found != pins.end() && found->key == key ? &*found : nullptr;
}

std::string PinTable::where(const Pin& pin) const {
  return fmt::format("{}:{}", files_[pin.file], pin.line);
}

Step PinTable::step_of(StepResult result, const Found& found) const {
  Step out{"pin", result, Strength::Strong, "", "", where(*found.pin), found.attribute};
  if (result == StepResult::Match)
    out.user = user_of(*found.pin);
  out.why = fmt::format("it is pinned to {}", user_of(*found.pin));
  return out;
}

Step PinTable::map(const PeerIdentity& peer, const std::optional<tls::Sha256>& anchor) const {
  std::vector<Found> all;
  const auto look = [&](PinKind kind, const tls::Sha256& key, std::string attribute) {
    if (const auto* pin = find(kind, key))
      all.push_back({pin, std::move(attribute)});
  };
  look(PinKind::Certificate, peer.certificate_sha256,
       "certificate=" + policy::pin_text(peer.certificate_sha256));
  look(PinKind::Key, peer.spki_sha256, "key=" + policy::pin_text(peer.spki_sha256));
  if (anchor && !pins_[static_cast<std::size_t>(PinKind::Issued)].empty()) {
    const auto key = PinLine{PinKind::Issued, *anchor, peer.serial, peer.issuer, {}}.key();
    if (!key)
      return {"pin", StepResult::Error, Strength::Strong, "", "it cannot be hashed", "", ""};
    look(PinKind::Issued, *key,
         fmt::format("serial={}, issuer={}", peer.serial, escape(peer.issuer, max_attribute)));
  }
  if (all.empty())
    return {"pin", StepResult::NoMatch, Strength::Strong, "", "it is not pinned", "", ""};
  for (const auto& found : all) {
    if (user_of(*found.pin) == deny_user)
      return step_of(StepResult::Deny, found);
  }
  for (const auto& found : all) {
    if (found.pin->user == all.front().pin->user)
      continue;
    auto out = step_of(StepResult::Ambiguous, found);
    out.why = fmt::format("it is pinned to {} in {}, and to {} in {}", user_of(*all.front().pin),
                          where(*all.front().pin), user_of(*found.pin), where(*found.pin));
    return out;
  }
  return step_of(StepResult::Match, all.front());
}

} // namespace ktls::identity
