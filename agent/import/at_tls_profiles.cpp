// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/at_tls_profiles.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "import/at_tls_profile_writer.hpp"
#include "import/words.hpp"

namespace ktls::importer {

// The action of this type; none: there is none, or too many.
const Statement* Profiles::only(const Statement& rule, std::string_view type, bool& broken) {
  const auto found = document_.blocks(rule, type, broken);
  if (found.size() <= 1)
    return found.empty() ? nullptr : found.front();
  problems_.add(rule.line, fmt::format("{}: has more than one {}", rule.text(), type));
  broken = true;
  return nullptr;
}

Action Profiles::action_of(const Statement& rule) {
  bool broken = false;
  const Actions actions{only(rule, "TTLSGroupAction", broken),
                        only(rule, "TTLSEnvironmentAction", broken),
                        only(rule, "TTLSConnectionAction", broken)};
  if (std::get<0>(actions) == nullptr && !broken) {
    problems_.add(rule.line, fmt::format("{}: has no TTLSGroupAction", rule.text()));
    broken = true;
  }
  if (broken)
    return {};
  const auto known = known_.find(actions);
  if (known != known_.end())
    return known->second;
  return known_.emplace(actions, make(actions)).first->second;
}

// No profile, but what the actions say besides is not passed over.
Action Profiles::clear(const Actions& actions) {
  const auto [group, environment, connection] = actions;
  out_.blank();
  out_.comment(fmt::format("{}, {}: in clear", group->text(), place(*group)));
  for (const auto* action : {environment, connection}) {
    if (action != nullptr)
      out_.comment(fmt::format("{}, {}: of no use with it", action->text(), place(*action)));
  }
  Parameters parameters(document_, problems_);
  parameters.add_action(*group);
  (void)parameters.take("TTLSEnabled");
  ProfileWriter(parameters, problems_, keyrings_, out_).write_leftovers();
  return {Action::Kind::Clear, "", false};
}

Action Profiles::make(const Actions& actions) {
  const auto [group, environment, connection] = actions;
  Parameters parameters(document_, problems_);
  for (const auto* action : {connection, environment, group}) {
    if (action != nullptr)
      parameters.add_action(*action);
  }
  const auto* enabled = parameters.take("TTLSEnabled");
  if (enabled == nullptr || parameters.broken()) {
    if (enabled == nullptr)
      problems_.add(group->line, fmt::format("{}: has no TTLSEnabled", group->text()));
    return {};
  }
  if (same(enabled->word(), "Off"))
    return clear(actions);
  if (!same(enabled->word(), "On") || environment == nullptr) {
    problems_.add(enabled->line, environment == nullptr
                                     ? "TTLSEnabled On: a rule has no TTLSEnvironmentAction"
                                     : enabled->text() + ": is neither On nor Off");
    return {};
  }
  const auto name = names_.name(
      fmt::format("{} {} {}", fmt::ptr(group), fmt::ptr(environment), fmt::ptr(connection)),
      connection == nullptr ? environment->value
                            : fmt::format("{}-{}", environment->value, connection->value));
  out_.blank();
  for (const auto* block : parameters.blocks())
    out_.comment(fmt::format("{}, {}", block->text(), place(*block)));
  ProfileWriter writer(parameters, problems_, keyrings_, out_);
  if (!writer.write(name, *environment))
    return {};
  longest_timeout_ = std::max(longest_timeout_, writer.timeout());
  return {Action::Kind::Profile, name, writer.application_controlled()};
}

} // namespace ktls::importer
