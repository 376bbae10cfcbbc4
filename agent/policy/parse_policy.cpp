// SPDX-License-Identifier: GPL-2.0-or-later
// parse_policy(): from files to a policy, or to all that is wrong with them.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>

#include "base/text.hpp"
#include "policy/agent_table.hpp"
#include "policy/credential_table.hpp"
#include "policy/document.hpp"
#include "policy/policy_parts.hpp"
#include "policy/profile_table.hpp"
#include "policy/rule_table.hpp"

namespace ktls::policy {
namespace {

constexpr std::size_t max_generations = 8; // from a profile to the last that it inherits from

// A table of the file, and what it is called.
struct NamedNode {
  std::string name;
  const toml::node* node;
  Place place;
};

class Loader {
public:
  Loader(std::span<const SourceFile> files, const Accounts& accounts)
      : report_(files), accounts_(accounts) {
    for (std::uint32_t file = 0; file < files.size(); ++file) {
      if (auto root = parse_document(files[file], file, report_))
        documents_.push_back({file, *std::move(root)});
    }
  }

  tl::expected<Policy, Problems> load() {
    for (const auto& document : documents_)
      check_tables(document);
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
  struct Document {
    std::uint32_t file;
    toml::table root;
  };

  void check_tables(const Document& document) {
    static constexpr std::array<std::string_view, 4> known{"agent", "credential", "profile",
                                                           "rule"};
    for (const auto& [key, node] : document.root) {
      if (std::ranges::find(known, key.str()) != known.end())
        continue;
      const auto instead = instead_of(key.str());
      report_.add(place_of(key.source(), document.file), escape(key.str()),
                  instead.empty() ? "unknown key" + suggestion(key.str(), known)
                                  : fmt::format("unknown key; {}", instead));
    }
  }

  void load_agent() {
    static const toml::table none;
    const Document* first = nullptr;
    for (const auto& document : documents_) {
      const auto* node = document.root.get("agent");
      if (node == nullptr)
        continue;
      const auto place = place_of(node->source(), document.file);
      if (!node->is_table())
        report_.add(place, "agent", "must be a table: [agent]");
      else if (first != nullptr)
        report_.add(
            place, "agent",
            fmt::format("there is an [agent] already, in {}",
                        report_.where(place_of(first->root.get("agent")->source(), first->file))));
      else
        first = &document;
    }
    const Table in("agent", first == nullptr ? none : *first->root.get_as<toml::table>("agent"),
                   first == nullptr ? 0 : first->file, agent_keys(), report_);
    agent_ = read_agent(in);
    if (first != nullptr)
      agent_.where = report_.where(in.place());
    default_action_ = read_default_action(in);
  }

  // The tables [KIND.NAME] of all files, in their order.
  std::vector<NamedNode> named(std::string_view kind, NameIndex& names) {
    std::vector<NamedNode> all;
    for (const auto& [file, root] : documents_) {
      const auto* node = root.get(kind);
      if (node == nullptr)
        continue;
      const auto* tables = node->as_table();
      if (tables == nullptr) {
        report_.add(place_of(node->source(), file), kind,
                    fmt::format("must be tables: [{}.NAME]", kind));
        continue;
      }
      for (const auto& [name, value] : *tables)
        all.push_back({std::string(name.str()), &value, place_of(value.source(), file)});
    }
    std::ranges::stable_sort(all, {}, &NamedNode::place);
    std::erase_if(all, [&](const NamedNode& one) {
      return !names.add(one.name, fmt::format("{}.{}", kind, escape(one.name)), one.place);
    });
    return all;
  }

  void load_credentials() {
    for (const auto& [name, node, place] : named("credential", credential_names_))
      credentials_.push_back(read_credential(name, *node, place.file, report_));
  }

  void load_profiles() {
    static const toml::table none;
    const auto nodes = named("profile", profile_names_);
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
    for (const auto& [file, root] : documents_) {
      const auto* node = root.get("rule");
      if (node == nullptr)
        continue;
      const auto* list = node->as_array();
      if (list == nullptr) {
        report_.add(place_of(node->source(), file), "rule", "must be tables: [[rule]]");
        continue;
      }
      for (const auto& item : *list) {
        if (const auto* table = item.as_table())
          rules_.push_back(reader.read(*table, file));
        else
          report_.add(place_of(item.source(), file), "rule", "must be tables: [[rule]]");
      }
    }
  }

  Report report_;
  KnownAccounts accounts_;
  std::vector<Document> documents_;
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
