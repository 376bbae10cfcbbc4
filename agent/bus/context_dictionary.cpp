// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/context_dictionary.hpp"

#include <fmt/format.h>

namespace ktls::bus {
namespace {

using std::chrono::steady_clock;

// Further than this is no time: it would not fit the clock.
constexpr std::chrono::hours latest_deadline(24 * 365 * 100);
constexpr std::size_t anchor_size = 32;

// Takes entries out of a dictionary, and keeps what is wrong with the first that is bad.
class Reader {
public:
  explicit Reader(const Dictionary& dictionary) : dictionary_(dictionary) {}

  template<class T>
  std::optional<T> take(const char* key, const char* type) {
    const auto found = dictionary_.find(key);
    if (found == dictionary_.end())
      return std::nullopt;
    if (!found->second.containsValueOfType<T>()) {
      complain(fmt::format("{} is not of type {}", key, type));
      return std::nullopt;
    }
    return found->second.get<T>();
  }
  std::string text(const char* key) {
    auto value = take<std::string>(key, "s").value_or("");
    if (value.size() > max_context_text)
      complain(fmt::format("{} has more than {} bytes", key, max_context_text));
    return value;
  }
  void complain(std::string what) {
    if (problem_.empty())
      problem_ = std::move(what);
  }
  [[nodiscard]] const std::string& problem() const { return problem_; }

private:
  const Dictionary& dictionary_;
  std::string problem_;
};

void put_text(Dictionary& out, const char* key, const std::string& text) {
  if (!text.empty())
    out.emplace(key, sdbus::Variant(text));
}

} // namespace

tl::expected<Context, std::string> context_from(const Dictionary& dictionary) {
  if (dictionary.size() > max_context)
    return tl::make_unexpected(fmt::format("it has more than {} entries", max_context));
  Reader reader(dictionary);
  Context context;
  context.rule = reader.text("Rule");
  context.profile = reader.text("Profile");
  context.local_address = reader.text("LocalAddress");
  context.local_port = reader.take<std::uint16_t>("LocalPort", "q");
  context.remote_address = reader.text("RemoteAddress");
  context.server_name = reader.text("ServerName");
  if (auto spki = reader.take<std::vector<std::uint8_t>>("AnchorSpki", "ay")) {
    if (spki->size() != anchor_size)
      reader.complain(fmt::format("AnchorSpki has not {} bytes", anchor_size));
    context.anchor_spki = std::move(*spki);
  }
  if (const auto usec = reader.take<std::uint64_t>("DeadlineUSec", "t")) {
    const auto bound = std::chrono::microseconds(latest_deadline).count();
    const auto since_boot = std::min(*usec, static_cast<std::uint64_t>(bound));
    context.deadline = steady_clock::time_point(std::chrono::microseconds(since_boot));
  }
  if (!reader.problem().empty())
    return tl::make_unexpected(reader.problem());
  return context;
}

Dictionary dictionary_of(const Context& context) {
  Dictionary out;
  put_text(out, "Rule", context.rule);
  put_text(out, "Profile", context.profile);
  put_text(out, "LocalAddress", context.local_address);
  put_text(out, "RemoteAddress", context.remote_address);
  put_text(out, "ServerName", context.server_name);
  if (context.local_port)
    out.emplace("LocalPort", sdbus::Variant(*context.local_port));
  if (!context.anchor_spki.empty())
    out.emplace("AnchorSpki", sdbus::Variant(context.anchor_spki));
  if (context.deadline) {
    const auto since_boot = context.deadline->time_since_epoch();
    const auto usec = std::chrono::duration_cast<std::chrono::microseconds>(since_boot).count();
    out.emplace("DeadlineUSec", sdbus::Variant(static_cast<std::uint64_t>(usec)));
  }
  return out;
}

} // namespace ktls::bus
