// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/mapper_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "bus/compatibility.hpp"

namespace ktls::bus {
namespace {

constexpr const char* path = mapper_path;
constexpr const char* interface = mapper_name;
constexpr std::size_t max_name = 256; // of a user or a group, in bytes
constexpr std::size_t max_text = 500;

MappingError error_of(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, MappingError>, 9> known{{
      {"org.ktlsctl.Mapper1.Error.NotMapped", MappingError::NotMapped},
      {"org.ktlsctl.Mapper1.Error.Denied", MappingError::Denied},
      {"org.ktlsctl.Mapper1.Error.Ambiguous", MappingError::Ambiguous},
      {"org.ktlsctl.Mapper1.Error.UserUnknown", MappingError::UserUnknown},
      {"org.ktlsctl.Mapper1.Error.UserRevoked", MappingError::UserRevoked},
      {"org.ktlsctl.Mapper1.Error.Busy", MappingError::Busy},
      {"org.ktlsctl.Mapper1.Error.CertificateInvalid", MappingError::CertificateInvalid},
      {"org.freedesktop.DBus.Error.Timeout", MappingError::Timeout},
      {"org.freedesktop.DBus.Error.NoReply", MappingError::Timeout},
  }};
  const auto* found = std::ranges::find(known, name, [](const auto& one) { return one.first; });
  return found == known.end() ? MappingError::Unavailable : found->second;
}

MappingFailure failure_of(const Failure& failure) {
  const auto error = error_of(failure.name);
  const auto text = escape(failure.text, max_text);
  return {error,
          error == MappingError::Unavailable ? escape(failure.name, max_text) + ": " + text : text};
}

using Bytes = std::vector<std::uint8_t>;

std::vector<Bytes> to_bus(const std::vector<std::vector<std::byte>>& chain) {
  std::vector<Bytes> out;
  out.reserve(chain.size());
  for (const auto& certificate : chain) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(certificate.data());
    out.emplace_back(data, data + certificate.size());
  }
  return out;
}

Dictionary to_bus(const MappingContext& context, std::chrono::microseconds timeout) {
  Dictionary out;
  const auto add_text = [&](const char* key, const std::string& value) {
    if (!value.empty())
      out.emplace(key, sdbus::Variant(value));
  };
  add_text("Rule", context.rule);
  add_text("Profile", context.profile);
  add_text("LocalAddress", context.local_address);
  add_text("ServerName", context.server_name);
  if (context.local_port != 0)
    out.emplace("LocalPort", sdbus::Variant(context.local_port));
  if (context.anchor_spki)
    out.emplace("AnchorSpki",
                sdbus::Variant(Bytes(context.anchor_spki->begin(), context.anchor_spki->end())));
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      EventLoop::Clock::now().time_since_epoch());
  out.emplace("DeadlineUSec", sdbus::Variant(static_cast<std::uint64_t>((now + timeout).count())));
  return out;
}

std::string text_in(const Dictionary& from, const char* key) {
  const auto found = from.find(key);
  return found == from.end() ? "" : escape(found->second.get<std::string>(), max_name);
}

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= max_name &&
         std::ranges::none_of(text, [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

// Names that are no names are left out: nobody is let in by them.
std::vector<std::string> groups_in(const Dictionary& from) {
  const auto found = from.find("Groups");
  if (found == from.end())
    return {};
  auto groups = found->second.get<std::vector<std::string>>();
  std::erase_if(groups, [](const std::string& name) { return !is_name(name); });
  if (groups.size() > MapperClient::max_groups)
    groups.resize(MapperClient::max_groups);
  return groups;
}

// As it came.
struct Answer {
  std::string user;
  std::uint32_t uid = 0;
  std::uint32_t strength = 0;
  Dictionary evidence;
};

constexpr std::uint32_t weak = 1;
constexpr std::uint32_t strong = 2;
constexpr std::uint32_t no_uid = 0xffffffff;

tl::expected<Mapped, MappingFailure> judge(const Answer& answer) {
  const auto refuse = [](const char* what) {
    return tl::make_unexpected(MappingFailure{
        MappingError::Unavailable, fmt::format("the mapper's answer is none: {}", what)});
  };
  if (!is_name(answer.user))
    return refuse("its user has no name, or one with control characters");
  if (answer.uid == no_uid)
    return refuse("its user has no number");
  if (answer.strength != weak && answer.strength != strong)
    return refuse("its strength is unknown");
  Mapped out{answer.user, answer.uid, answer.strength == strong, {}, {}, {}, {}};
  try {
    out.source = text_in(answer.evidence, "Source");
    out.rule = text_in(answer.evidence, "Rule");
    out.attribute = text_in(answer.evidence, "Attribute");
    out.groups = groups_in(answer.evidence);
  } catch (const sdbus::Error&) {
    return refuse("its evidence is of another type than documented");
  }
  if (out.source.empty())
    return refuse("it does not say how it knows");
  return out;
}

} // namespace

void MapperClient::map(const std::vector<std::vector<std::byte>>& chain,
                       const MappingContext& context, std::chrono::microseconds timeout,
                       Done done) {
  auto answer = std::make_shared<Answer>();
  Connection::Reply reply;
  reply.read = [answer](sdbus::MethodReply& message) {
    message >> answer->user >> answer->uid >> answer->strength >> answer->evidence;
  };
  reply.done = [answer, done] { done(judge(*answer)); };
  reply.failed = [done](const Failure& failure) { done(tl::make_unexpected(failure_of(failure))); };
  connection_.call(
      {service_, path, interface, "MapCertificate"}, timeout,
      [&](sdbus::MethodCall& call) { call << to_bus(chain) << to_bus(context, timeout); },
      std::move(reply));
}

void MapperClient::check_account(std::uint32_t uid, std::chrono::microseconds timeout,
                                 std::function<void(AccountState)> done) {
  auto state = std::make_shared<std::uint32_t>(0);
  Connection::Reply reply;
  reply.read = [state](sdbus::MethodReply& message) { message >> *state; };
  reply.done = [state, done] {
    const bool known = *state >= static_cast<std::uint32_t>(AccountState::Active) &&
                       *state <= static_cast<std::uint32_t>(AccountState::Unavailable);
    done(known ? static_cast<AccountState>(*state) : AccountState::Unavailable);
  };
  reply.failed = [done](const Failure&) { done(AccountState::Unavailable); };
  connection_.call(
      {service_, path, interface, "CheckAccount"}, timeout,
      [uid](sdbus::MethodCall& call) { call << uid; }, std::move(reply));
}

Result<> MapperClient::on_change(const std::function<void()>& changed) {
  TRY(connection_.on_signal(
      fmt::format("type='signal',sender='{}',path='{}',interface='{}',member='MappingsChanged'",
                  service_, path, interface),
      [changed](sdbus::Message&) { changed(); }));
  return connection_.on_owner_change(service_, changed);
}

} // namespace ktls::bus
