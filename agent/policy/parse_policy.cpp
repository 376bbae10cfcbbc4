// SPDX-License-Identifier: GPL-2.0-or-later
// parse_policy(): from files to a policy, or to all that is wrong with them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>

#include "base/text.hpp"
#include "policy/agent_table.hpp"
#include "policy/credential_table.hpp"
#include "policy/documents.hpp"
#include "policy/policy_parts.hpp"
#include "policy/profile_table.hpp"
#include "policy/rule_table.hpp"

namespace ktls::policy {
namespace {

constexpr std::size_t max_generations = 8; // from a profile to the last that it inherits from

class Loader {
public:
  Loader(std::span<const SourceFile> files, const Accounts& accounts)
      : report_(files), accounts_(accounts), documents_(files, report_) {}

  tl::expected<Policy, Problems> load() {
    static constexpr std::array<std::string_view, 4> known{"agent", "credential", "profile",
                                                           "rule"};
    documents_.check_tables(known);
    load_agent();
    load_credentials();
    load_profiles();
    load_rules();
    auto problems = report_.take();
    if (!problems.lines.empty())
      return tl::make_unexpected(std::move(problems));
    return Policy(std::make_unique<const Policy::Parts>(
        agent_, default_action_, std::move(credentials_), std::move(profiles_), std::move(rules_)));
  }

private:
  void load_agent() {
    const auto [table, file, is_there] = documents_.only("agent");
    const Table in("agent", *table, file, agent_keys(), report_);
    agent_ = read_agent(in);
    if (is_there)
      agent_.where = report_.where(in.place());
    default_action_ = read_default_action(in);
  }

  void load_credentials() {
    for (const auto& [name, node, place] : documents_.named("credential", credential_names_))
      credentials_.push_back(read_credential(name, *node, place.file, report_));
  }

  void load_profiles() {
    static const toml::table none;
    const auto nodes = documents_.named("profile", profile_names_);
    for (const auto& [name, node, place] : nodes) {
      const auto path = fmt::format("profile.{}", name);
      if (!node->is_table())
        report_.add(place, path, fmt::format("must be a table: [{}]", path));
      own_tables_.emplace_back(path, node->is_table() ? *node->as_table() : none, place.file,
                               profile_keys(), report_);
    }
    const Surroundings around{agent_, credentials_, credential_names_, accounts_};
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const auto ancestors = ancestors_of(i);
      Table in(own_tables_[i], ancestors.value_or(std::vector<const Table*>()));
      profiles_.push_back(
          read_profile(nodes[i].name, in, around, ancestors && nodes[i].node->is_table()));
    }
  }

  // The nearest first. None: they cannot be told, which is reported.
  std::optional<std::vector<const Table*>> ancestors_of(std::size_t profile) {
    std::vector<const Table*> out;
    std::vector<std::size_t> passed{profile};
    while (const auto* entry = own_tables_[passed.back()].find("inherits")) {
      const auto& own = own_tables_[passed.back()];
      const auto next = profile_names_.find(own, *entry, *entry->value);
      if (!next)
        return std::nullopt;
      if (*next == profile)
        own_tables_[profile].conflict("inherits", "in the end it inherits from itself");
      else if (out.size() == max_generations)
        own_tables_[profile].conflict(
            "inherits", fmt::format("there are more than {} profiles in a row", max_generations));
      if (std::ranges::find(passed, *next) != passed.end() || out.size() == max_generations)
        return std::nullopt;
      passed.push_back(*next);
      out.push_back(&own_tables_[*next]);
    }
    return out;
  }

  void load_rules() {
    const RuleReader reader{agent_, profiles_, profile_names_, accounts_, rule_names_, report_};
    documents_.each("rule", [&](const toml::table& table, std::uint32_t file) {
      rules_.push_back(reader.read(table, file));
    });
  }

  Report report_;
  KnownAccounts accounts_;
  Documents documents_;
  NameIndex credential_names_{"credential", report_};
  NameIndex profile_names_{"profile", report_};
  NameIndex rule_names_{"rule", report_};
  AgentSettings agent_;
  Action default_action_ = Action::Deny;
  std::vector<NamedCredential> credentials_;
  std::deque<Table> own_tables_; // by profile, with nothing inherited
  std::vector<ProfileSettings> profiles_;
  std::vector<Rule> rules_;
};

} // namespace

tl::expected<Policy, Problems> parse_policy(std::span<const SourceFile> files,
                                            const Accounts& accounts) {
  return Loader(files, accounts).load();
}

} // namespace ktls::policy
