// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/mapper_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/text.hpp"
#include "bus/compatibility.hpp"
#include "bus/context_dictionary.hpp"

namespace ktls::bus {
namespace {

MapAnswer unavailable(std::string text) {
  return tl::make_unexpected(Refused{Refusal::Unavailable, std::move(text)});
}

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= MapperClient::max_name &&
         std::ranges::none_of(text, [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

MapAnswer judge(MappedUser answer) {
  constexpr std::uint32_t no_uid = 0xffffffff;
  if (!is_name(answer.user))
    return unavailable("its user has no name, or none of a user");
  if (answer.uid == no_uid)
    return unavailable("its user has no number");
  if (answer.strength != 1 && answer.strength != 2)
    return unavailable(fmt::format("it answers with the strength {}", answer.strength));
  return answer;
}

MapAnswer refused(const Failure& failure) {
  const auto text = escape(failure.text, 512);
  if (const auto refusal = refusal_of(failure.name))
    return tl::make_unexpected(Refused{*refusal, text});
  return unavailable(fmt::format("{} ({})", text, escape(failure.name, 128)));
}

Failure printable(const Failure& failure) {
  return {escape(failure.name, 128), escape(failure.text, 512)};
}

std::string text_in(const Dictionary& evidence, const char* key) {
  const auto found = evidence.find(key);
  if (found == evidence.end() || !found->second.containsValueOfType<std::string>())
    return "";
  return escape(found->second.get<std::string>(), 512);
}

// What is no name is left out: nobody is let in by it.
std::vector<std::string> groups_in(const Dictionary& evidence) {
  const auto found = evidence.find("Groups");
  if (found == evidence.end() || !found->second.containsValueOfType<std::vector<std::string>>())
    return {};
  auto groups = found->second.get<std::vector<std::string>>();
  std::erase_if(groups, [](const std::string& name) { return !is_name(name); });
  if (groups.size() > MapperClient::max_groups)
    groups.resize(MapperClient::max_groups);
  return groups;
}

using StepInReply =
    sdbus::Struct<std::string, std::uint32_t, std::uint32_t, std::string, Dictionary>;

MapStep step_in(const StepInReply& told) {
  const auto& detail = std::get<4>(told);
  MapStep step;
  step.source = escape(std::get<0>(told), 256);
  step.result = std::get<1>(told);
  step.strength = std::get<2>(told);
  step.why = escape(std::get<3>(told));
  step.user = text_in(detail, "User");
  step.rule = text_in(detail, "Rule");
  step.attribute = text_in(detail, "Attribute");
  return step;
}

// "NotMapped: no source knows it"
MapAnswer refused_for(const std::string& reason) {
  const auto colon = reason.find(": ");
  const auto refusal = refusal_of("org.ktlsctl.Mapper1.Error." + reason.substr(0, colon));
  if (colon == std::string::npos || !refusal)
    return unavailable(escape(reason));
  return tl::make_unexpected(Refused{*refusal, escape(reason.substr(colon + 2))});
}

// Line by line: the ends of lines stay.
std::string escape_lines(std::string_view text) {
  constexpr std::size_t max_line = 16384;
  std::string out;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    out += escape(line, max_line) + "\n";
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return out;
}

std::string changes_of(const std::string& bus_name) {
  return fmt::format("type='signal',sender='{}',path='{}',interface='{}',member='MappingsChanged'",
                     bus_name, mapper_path, mapper_name);
}

} // namespace

void MapperClient::map(const Chain& chain, const Context& context,
                       std::chrono::microseconds timeout, std::function<void(MapAnswer)> then) {
  const auto answer = std::make_shared<MappedUser>();
  const auto call = std::make_shared<std::function<void(MapAnswer)>>(std::move(then));
  connection_.call({bus_name_, mapper_path, mapper_name, "MapCertificate"}, timeout,
                   [&](sdbus::MethodCall& message) { message << chain << dictionary_of(context); },
                   {[answer](sdbus::MethodReply& reply) {
                      Dictionary evidence;
                      reply >> answer->user >> answer->uid >> answer->strength >> evidence;
                      answer->evidence.source = text_in(evidence, "Source");
                      answer->evidence.groups = groups_in(evidence);
                      answer->evidence.rule = text_in(evidence, "Rule");
                      answer->evidence.attribute = text_in(evidence, "Attribute");
                    },
                    [answer, call] { (*call)(judge(std::move(*answer))); },
                    [call](const Failure& failure) { (*call)(refused(failure)); }});
}

void MapperClient::test(const Chain& chain, const Context& context,
                        std::chrono::microseconds timeout,
                        std::function<void(Asked<Tested>)> then) {
  const auto tested = std::make_shared<Tested>();
  const auto call = std::make_shared<std::function<void(Asked<Tested>)>>(std::move(then));
  connection_.call(
      {bus_name_, mapper_path, mapper_name, "TestMapping"}, timeout,
      [&](sdbus::MethodCall& message) { message << chain << dictionary_of(context); },
      {[tested](sdbus::MethodReply& reply) {
         std::vector<StepInReply> steps;
         MappedUser user;
         std::string reason;
         reply >> steps >> user.user >> user.uid >> user.strength >> reason;
         steps.resize(std::min(steps.size(), max_steps));
         for (const auto& step : steps)
           tested->steps.push_back(step_in(step));
         tested->answer = reason.empty() ? judge(std::move(user)) : refused_for(reason);
       },
       [tested, call] { (*call)(std::move(*tested)); },
       [call](const Failure& failure) { (*call)(tl::make_unexpected(printable(failure))); }});
}

void MapperClient::show(std::chrono::microseconds timeout,
                        std::function<void(Asked<std::string>)> then) {
  const auto text = std::make_shared<std::string>();
  const auto call = std::make_shared<std::function<void(Asked<std::string>)>>(std::move(then));
  connection_.call(
      {bus_name_, mapper_path, mapper_name, "ShowMappings"}, timeout, [](sdbus::MethodCall&) {},
      {[text](sdbus::MethodReply& reply) { reply >> *text; },
       [text, call] { (*call)(escape_lines(*text)); },
       [call](const Failure& failure) { (*call)(tl::make_unexpected(printable(failure))); }});
}

Result<Connection::Subscription> MapperClient::subscribe(std::function<void()> changed) {
  return connection_.subscribe(changes_of(bus_name_),
                               [changed = std::move(changed)](sdbus::Message&) { changed(); });
}

Result<> MapperClient::on_change(const std::function<void()>& changed) {
  TRY(connection_.on_signal(changes_of(bus_name_), [changed](sdbus::Message&) { changed(); }));
  return connection_.on_owner_change(bus_name_, changed);
}

} // namespace ktls::bus
