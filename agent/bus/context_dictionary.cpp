// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/context_dictionary.hpp"

#include <fmt/format.h>

#include "bus/dictionary_reader.hpp"

namespace ktls::bus {
namespace {

using std::chrono::steady_clock;

// Further than this is no time: it would not fit the clock.
constexpr std::chrono::hours latest_deadline(24 * 365 * 100);
constexpr std::size_t anchor_size = 32;

void put_text(Dictionary& out, const char* key, const std::string& text) {
  if (!text.empty())
    out.emplace(key, sdbus::Variant(text));
}

} // namespace

tl::expected<Context, std::string> context_from(const Dictionary& dictionary) {
  if (dictionary.size() > max_context)
    return tl::make_unexpected(fmt::format("it has more than {} entries", max_context));
  DictionaryReader reader(dictionary, max_context_text);
  Context context;
  context.rule = reader.text("Rule").value_or("");
  context.profile = reader.text("Profile").value_or("");
  context.local_address = reader.text("LocalAddress").value_or("");
  context.local_port = reader.number16("LocalPort");
  context.remote_address = reader.text("RemoteAddress").value_or("");
  context.server_name = reader.text("ServerName").value_or("");
  if (auto spki = reader.take<std::vector<std::uint8_t>>("AnchorSpki", "ay")) {
    if (spki->size() != anchor_size)
      reader.complain(fmt::format("AnchorSpki has not {} bytes", anchor_size));
    context.anchor_spki = std::move(*spki);
  }
  if (const auto usec = reader.number64("DeadlineUSec")) {
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
