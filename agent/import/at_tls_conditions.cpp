// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/at_tls_conditions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "import/at_tls_leaves.hpp"
#include "import/words.hpp"

namespace ktls::importer {
namespace {

// What a rule can have besides addresses and ports. `once`: it has one value.
struct Part {
  std::string_view keyword;
  bool once;
};
constexpr std::array<Part, 12> rule_parts{{{"Jobname", true},
                                           {"Userid", true},
                                           {"Direction", true},
                                           {"Priority", true},
                                           {"IpTimeCondition", false},
                                           {"IpTimeConditionRef", false},
                                           {"TTLSGroupAction", false},
                                           {"TTLSGroupActionRef", false},
                                           {"TTLSEnvironmentAction", false},
                                           {"TTLSEnvironmentActionRef", false},
                                           {"TTLSConnectionAction", false},
                                           {"TTLSConnectionActionRef", false}}};

// systemd.unit(5)
constexpr std::string_view unit_characters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@";

class ConditionReader {
public:
  ConditionReader(Document& document, Problems& problems, const Statement& rule)
      : document_(document), problems_(problems), rule_(rule) {}

  Conditions read() {
    check_keywords();
    read_direction();
    add("local_address", read_addresses(document_, problems_, rule_, "Local"));
    add("remote_address", read_addresses(document_, problems_, rule_, "Remote"));
    add("local_port", read_ports(document_, problems_, rule_, "Local"), Value::ports);
    add("remote_port", read_ports(document_, problems_, rule_, "Remote"), Value::ports);
    read_user();
    read_job();
    add("time", read_times(document_, problems_, rule_));
    return std::move(out_);
  }

private:
  [[nodiscard]] const Statement* find(std::string_view keyword) const {
    const auto found = std::find_if(rule_.children.begin(), rule_.children.end(),
                                    [&](const Statement& child) { return child.is(keyword); });
    return found == rule_.children.end() ? nullptr : &*found;
  }

  void incomplete(const Statement& statement, std::string_view why) {
    problems_.add(statement.line, fmt::format("{}: {}", shown(statement), why));
    out_.notes.push_back(fmt::format("{}, {}: {}", place(statement), shown(statement), why));
    out_.incomplete = true;
  }

  void check_keywords() {
    for (const auto& child : rule_.children) {
      const auto* part = std::find_if(rule_parts.begin(), rule_parts.end(),
                                      [&](const Part& one) { return child.is(one.keyword); });
      if (part == rule_parts.end()) {
        if (!is_form(child, "Local", address_grammar) &&
            !is_form(child, "Remote", address_grammar) && !is_form(child, "Local", port_grammar) &&
            !is_form(child, "Remote", port_grammar))
          incomplete(child, "not known in a rule");
      } else if (part->once && find(part->keyword) != &child) {
        incomplete(child, fmt::format("{} says it already", place(*find(part->keyword))));
      } else if (part->once && words(child.value).size() != 1) {
        incomplete(child, "one word is wanted here");
      }
    }
  }

  void add(std::string_view key, const std::optional<Told>& told,
           Value (*written)(const Strings&) = Value::texts) {
    if (!told) {
      out_.notes.push_back(fmt::format("{}: what the rule says of it could not be told here", key));
      out_.incomplete = true;
    } else if (!told->values.empty()) {
      out_.all.push_back({key, written(told->values), told->remark});
    } else if (!told->remark.empty()) {
      out_.notes.push_back(fmt::format("{}: any, {}", key, told->remark));
    }
  }

  void read_direction() {
    const auto* direction = find("Direction");
    if (direction == nullptr)
      return incomplete(rule_, "has no Direction");
    for (const std::string_view known : {"inbound", "outbound", "both"}) {
      if (same(direction->word(), known)) {
        out_.all.push_back({"direction", Value::text(known), place(*direction)});
        return;
      }
    }
    incomplete(*direction, "is not Inbound, Outbound or Both");
  }

  void check_name(const Statement& statement, std::string_view what) {
    const auto text =
        fmt::format("{}: a name of z/OS, taken as it is; put in {}", statement.text(), what);
    problems_.add(statement.line, text);
    out_.notes.push_back(fmt::format("{}, {}", place(statement), text));
  }

  void read_user() {
    const auto* user = find("Userid");
    if (user == nullptr || user->value.empty())
      return;
    if (user->word() == "*")
      return out_.notes.push_back(fmt::format("user: any, {}", place(*user)));
    if (user->word().find_first_of("*?%") != std::string_view::npos)
      return incomplete(*user, "no counterpart for a pattern: user names each one, group all of a "
                               "group");
    check_name(*user, "the user whom the program runs as on this host");
    out_.all.push_back({"user", Value::text(user->word()), place(*user)});
  }

  void read_job() {
    const auto* job = find("Jobname");
    if (job == nullptr || job->value.empty())
      return;
    if (job->word() == "*")
      return out_.notes.push_back(fmt::format("unit: any, {}", place(*job)));
    const auto name = job->word();
    const bool pattern = name.ends_with('*');
    if (name.substr(0, name.size() - (pattern ? 1 : 0)).find_first_not_of(unit_characters) !=
        std::string_view::npos)
      return incomplete(*job, "no counterpart: unit has names of systemd's units, or their "
                              "beginnings with \"*\" at the end");
    check_name(*job, "the unit of systemd that the program runs in on this host");
    out_.all.push_back({"unit",
                        Value::text(pattern ? std::string(name) : fmt::format("{}.service", name)),
                        place(*job)});
  }

  Document& document_;
  Problems& problems_;
  const Statement& rule_;
  Conditions out_;
};

} // namespace

void Told::stands_in(const Statement& statement) {
  constexpr std::size_t enough = 60;
  if (remark.size() < enough)
    remark += fmt::format("{}{}", remark.empty() ? "" : ", ", place(statement));
}

Conditions read_conditions(Document& document, Problems& problems, const Statement& rule) {
  return ConditionReader(document, problems, rule).read();
}

} // namespace ktls::importer
