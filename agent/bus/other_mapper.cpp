// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/other_mapper.hpp"

#include <fmt/format.h>

#include <memory>

#include "base/text.hpp"
#include "bus/compatibility.hpp"
#include "bus/context_dictionary.hpp"

namespace ktls::bus {
namespace {

MapAnswer unavailable(std::string text) {
  return tl::make_unexpected(Refused{Refusal::Unavailable, std::move(text)});
}

MapAnswer judge(MappedUser answer) {
  if (answer.user.empty() || answer.user.size() > OtherMapper::max_name)
    return unavailable("the name of its user is empty or too long");
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

std::string text_in(const Dictionary& evidence, const char* key) {
  const auto found = evidence.find(key);
  if (found == evidence.end() || !found->second.containsValueOfType<std::string>())
    return "";
  return escape(found->second.get<std::string>(), 512);
}

} // namespace

void OtherMapper::map(const Chain& chain, const Context& context, std::chrono::microseconds timeout,
                      std::function<void(MapAnswer)> then) {
  const auto answer = std::make_shared<MappedUser>();
  const auto call = std::make_shared<std::function<void(MapAnswer)>>(std::move(then));
  connection_.call({bus_name_, mapper_path, mapper_name, "MapCertificate"}, timeout,
                   [&](sdbus::MethodCall& message) { message << chain << dictionary_of(context); },
                   {[answer](sdbus::MethodReply& reply) {
                      Dictionary evidence;
                      reply >> answer->user >> answer->uid >> answer->strength >> evidence;
                      answer->evidence.rule = text_in(evidence, "Rule");
                      answer->evidence.attribute = text_in(evidence, "Attribute");
                    },
                    [answer, call, name = bus_name_] {
                      answer->evidence.source = name;
                      (*call)(judge(std::move(*answer)));
                    },
                    [call](const Failure& failure) { (*call)(refused(failure)); }});
}

Result<Connection::Subscription> OtherMapper::subscribe(std::function<void()> changed) {
  return connection_.subscribe(
      fmt::format("type='signal',sender='{}',path='{}',interface='{}',member='MappingsChanged'",
                  bus_name_, mapper_path, mapper_name),
      [changed = std::move(changed)](sdbus::Message&) { changed(); });
}

} // namespace ktls::bus
