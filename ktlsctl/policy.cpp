// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/policy.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "base/text.hpp"
#include "broker/configuration.hpp"
#include "broker/kernel_suites.hpp"
#include "broker/key_check.hpp"
#include "ktlsctl/account_option.hpp"
#include "ktlsctl/explain.hpp"
#include "ktlsctl/import.hpp"
#include "ktlsctl/plain_errors.hpp"
#include "ktlsctl/status.hpp"
#include "policy/review.hpp"
#include "policy/show.hpp"

namespace ktls::command {
namespace {

using policy::Remark;

struct Check {
  ConfigurationSource source;
  std::string user;
  bool text_only = false;
  bool keys = true;
  bool strict = false;
  bool notes = false;
  std::string helpers = KTLS_HELPER_DIR;
};

int tell(const policy::Problems& problems) {
  for (const auto& line : problems.lines)
    fmt::print(stderr, "error: {}\n", line);
  fmt::print(stderr, "{}\n", counted(problems.lines.size(), "error"));
  return failed;
}

// Of what the policy names.
policy::Problems check_files(const Check& what, const policy::Policy& policy,
                             std::vector<std::string>& warnings) {
  const auto snapshot = load_snapshot(policy, all_suites(), what.source.user);
  if (!snapshot)
    return snapshot.error();
  warnings = snapshot->warnings;
  if (!what.keys || snapshot->keys.empty())
    return {};
  const PlainErrors plain;
  return check_keys(*snapshot, what.helpers);
}

int check(const Check& what) {
  const auto policy = read_policy(what.source);
  if (!policy)
    return tell(policy.error());
  std::vector<std::string> warnings;
  if (!what.text_only) {
    const auto problems = check_files(what, *policy, warnings);
    if (!problems.lines.empty())
      return tell(problems);
  }
  if (auto line = warning_of_no_rules(what.source, *policy); !line.empty())
    warnings.push_back(std::move(line));
  for (const auto& line : warnings)
    fmt::print("warning: {}\n", line);
  std::size_t count = warnings.size();
  std::size_t notes = 0;
  for (const auto& remark : policy::review(*policy)) {
    const bool warning = remark.kind == Remark::Kind::Warning;
    if (warning || what.notes)
      fmt::print("{}: {}\n", warning ? "warning" : "note", remark.text);
    ++(warning ? count : notes);
  }
  fmt::print("{}: {}; {}{}\n", what.source.path, policy::sizes(*policy), counted(count, "warning"),
             notes > 0 && !what.notes ? fmt::format(", {} (--notes)", counted(notes, "note")) : "");
  return what.strict && count > 0 ? failed : success;
}

void add_check(CLI::App& policy, int& status) {
  auto* command = policy.add_subcommand(
      "check", "Look for mistakes in a configuration, and for what it may not mean to say");
  auto options = std::make_shared<Check>();
  const auto* file = command
                         ->add_option("FILE", options->source.path,
                                      "The main file; conf.d beside it is read as well")
                         ->capture_default_str();
  command->add_option("--user", options->user,
                      "Whose files ktlsd takes, beside root's: the user that it runs as, name or "
                      "number; default: ktlsd, or whoever calls where there is none");
  command->add_flag("--text-only", options->text_only, "Do not open the files that it names");
  command->add_flag("!--no-keys", options->keys, "Do not open private keys");
  command->add_flag("--strict", options->strict, "Fail for warnings too");
  command->add_flag("--notes", options->notes, "Tell of rules that overlap, too");
  command->add_option("--helpers", options->helpers, "Where ktlsd-signer is")
      ->capture_default_str();
  command->callback([options, file, &status] {
    options->source.named = file->count() > 0;
    options->source.user = agent_user(options->user);
    status = check(*options);
  });
}

std::string outcome_of(const policy::Policy& policy, const policy::Rule& rule) {
  switch (rule.action) {
  case policy::Action::Profile:
    return "profile " + policy.profiles().at(rule.profile).name;
  case policy::Action::Clear:
    return "clear";
  case policy::Action::Deny:
    break;
  }
  return "deny";
}

int show(const ConfigurationSource& source, bool effective) {
  const auto policy = read_policy(source);
  if (!policy)
    return tell(policy.error());
  if (effective) {
    fmt::print("{}", policy::to_toml(*policy));
    return success;
  }
  std::size_t number = 0;
  for (const auto& rule : policy->rules())
    fmt::print("{:>5}  priority {:<10}  {:<24}  {:<28}  {}\n", ++number, rule.priority, rule.name,
               outcome_of(*policy, rule), rule.where);
  fmt::print("{:>5}  {:<46}  {}\n", "else", "",
             policy->default_action() == policy::Action::Clear ? "clear" : "deny");
  return success;
}

void add_policy_show(CLI::App& policy, int& status) {
  auto* command = policy.add_subcommand("show", "List the rules in the order they are asked");
  auto source = std::make_shared<ConfigurationSource>();
  auto effective = std::make_shared<bool>(false);
  const auto* config =
      command->add_option("--config", source->path, "The main file")->capture_default_str();
  command->add_flag("--effective", *effective,
                    "All of it as one file, with what is inherited and the defaults filled in");
  command->callback([source, config, effective, &status] {
    source->named = config->count() > 0;
    source->user = agent_user();
    status = show(*source, *effective);
  });
}

} // namespace

void add_policy(CLI::App& app, int& status) {
  auto* policy = app.add_subcommand("policy", "Look at a configuration; needs no running agent");
  policy->require_subcommand(1);
  add_check(*policy, status);
  add_policy_show(*policy, status);
  add_explain(*policy, status);
  add_import(*policy, status);
}

} // namespace ktls::command
