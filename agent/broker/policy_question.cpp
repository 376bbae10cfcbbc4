// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/policy_question.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/text.hpp"
#include "broker/planner.hpp"
#include "policy/explanation.hpp"

namespace ktls {
namespace {

template<class Value>
using Named = std::pair<std::string_view, Value>;

constexpr std::array<Named<policy::Origin>, 3> asked_origins{
    {{"kernel", policy::Origin::Kernel},
     {"application", policy::Origin::Application},
     {"listener", policy::Origin::Listener}}};
constexpr std::array<Named<policy::Direction>, 2> asked_directions{
    {{"inbound", policy::Direction::Inbound}, {"outbound", policy::Direction::Outbound}}};
constexpr std::array<Named<policy::AskedRole>, 2> asked_roles{
    {{"client", policy::AskedRole::Client}, {"server", policy::AskedRole::Server}}};

// Values of a question, and the first that is wrong.
class QuestionReader {
public:
  template<class Value, std::size_t size>
  std::optional<Value> one_of(std::string_view key, const std::optional<std::string>& text,
                              const std::array<Named<Value>, size>& known) {
    for (const auto& [name, value] : known) {
      if (text == name)
        return value;
    }
    if (text)
      refuse(key, *text, "not one of those that there are");
    return std::nullopt;
  }
  std::optional<IpAddress> address(std::string_view key, const std::optional<std::string>& text) {
    auto address = text ? IpAddress::parse(*text) : std::nullopt;
    if (text && !address)
      refuse(key, *text, "no IP address");
    return address;
  }
  std::string name(std::string_view key, const std::optional<std::string>& text) {
    auto name = dns_name(text.value_or(""));
    if (text && name.empty())
      refuse(key, *text, "no DNS name");
    return name;
  }
  [[nodiscard]] const std::optional<bus::AgentRefused>& wrong() const { return wrong_; }

private:
  void refuse(std::string_view key, const std::string& text, std::string_view why) {
    if (!wrong_)
      wrong_ = bus::AgentRefused{bus::AgentRefusal::InvalidFilter,
                                 fmt::format("{}: \"{}\" is {}", key, escape(text, 256), why)};
  }
  std::optional<bus::AgentRefused> wrong_;
};

std::string_view action_text(policy::Action action) {
  switch (action) {
  case policy::Action::Profile:
    return "profile";
  case policy::Action::Clear:
    return "clear";
  case policy::Action::Deny:
    return "deny";
  }
  return "";
}

} // namespace

bus::AgentAnswer<policy::Facts> facts_of(const bus::PolicyQuestion& question) {
  QuestionReader reader;
  policy::Facts facts;
  facts.origin =
      reader.one_of("Origin", question.origin, asked_origins).value_or(policy::Origin::Application);
  facts.direction = reader.one_of("Direction", question.direction, asked_directions);
  facts.role = reader.one_of("Role", question.role, asked_roles);
  facts.local_address = reader.address("Local", question.local);
  facts.remote_address = reader.address("Remote", question.remote);
  facts.local_port = question.local_port.value_or(0);
  facts.remote_port = question.remote_port.value_or(0);
  facts.uid = question.uid;
  facts.groups.assign(question.groups.begin(), question.groups.end());
  if (question.gid)
    facts.groups.push_back(*question.gid);
  facts.unit = question.unit.value_or("");
  facts.executable = question.executable.value_or("");
  facts.server_name = reader.name("ServerName", question.server_name);
  facts.network_namespace =
      question.network_namespace.value_or(std::string(policy::own_network_namespace));
  if (reader.wrong())
    return tl::make_unexpected(*reader.wrong());
  return facts;
}

bus::AgentAnswer<bus::PolicyAnswer> answer_to(const bus::PolicyQuestion& question,
                                              const policy::Policy& policy,
                                              const policy::LocalTime& time) {
  const auto facts = facts_of(question);
  if (!facts)
    return tl::make_unexpected(facts.error());
  const auto decision = policy.decide(*facts, time);
  bus::PolicyAnswer answer;
  answer.action = action_text(decision.action);
  answer.rule = decision.rule != nullptr ? escape(decision.rule->name) : "";
  answer.profile = decision.profile != nullptr ? escape(decision.profile->name) : "";
  answer.explanation = policy::explanation(policy, *facts, time);
  return answer;
}

} // namespace ktls
