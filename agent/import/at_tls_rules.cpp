// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/at_tls_rules.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "import/at_tls_conditions.hpp"
#include "import/words.hpp"

namespace ktls::importer {
namespace {

constexpr std::uint64_t max_priority = 2'000'000'000;

// Printable characters in the order of IBM-1047, in which z/OS compares names.
constexpr std::string_view ebcdic_order =
    " .<(+|&!$*);^-/,%_>?`:#@'=\"abcdefghijklmnopqr~stuvwxyz[]{ABCDEFGHI}JKLMNOPQR\\STUVWXYZ"
    "0123456789";

bool is_before_in_ebcdic(std::string_view a, std::string_view b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return ebcdic_order.find(x) < ebcdic_order.find(y);
  });
}

RankedRule rank(const Statement& rule, Problems& problems) {
  RankedRule out{&rule, 1, ""};
  for (const auto& child : rule.children) {
    if (!child.is("Priority"))
      continue;
    const auto value = number(child.word());
    const bool fits = value && *value >= 1 && *value <= max_priority;
    if (!fits)
      problems.add(child.line,
                   fmt::format("{}: has to be 1 to {}; taken as 1", child.text(), max_priority));
    out.priority = fits ? *value : 1;
    out.remark = place(child);
  }
  return out;
}

// Which of two counts would be another matter where letters have another order.
void check_order(const RankedRule& first, const RankedRule& second, Problems& problems) {
  if (first.priority == second.priority && lower(second.rule->value) < lower(first.rule->value))
    problems.add(second.rule->line,
                 fmt::format("{}: has the priority of {}, line {}, which is taken to be asked "
                             "first, by the alphabet of z/OS; check that if both can apply",
                             second.rule->text(), first.rule->text(), first.rule->line));
}

} // namespace

std::vector<RankedRule> ranked(const std::vector<const Statement*>& rules, Problems& problems) {
  std::vector<RankedRule> out;
  out.reserve(rules.size());
  for (const auto* rule : rules)
    out.push_back(rank(*rule, problems));
  std::stable_sort(out.begin(), out.end(), [](const RankedRule& a, const RankedRule& b) {
    return a.priority != b.priority ? a.priority > b.priority
                                    : is_before_in_ebcdic(a.rule->value, b.rule->value);
  });
  for (std::size_t i = 1; i < out.size(); ++i)
    check_order(out[i - 1], out[i], problems);
  return out;
}

void Rules::write(const RankedRule& ranked) {
  const auto& rule = *ranked.rule;
  const auto action = profiles_.action_of(rule);
  const auto conditions = read_conditions(document_, problems_, rule);
  out_.blank();
  out_.comment(fmt::format("{}, {}", rule.text(), place(rule)));
  for (const auto& note : conditions.notes)
    out_.comment(note);
  out_.table("[[rule]]");
  out_.key("name", Value::text(names_.name(rule.value)));
  out_.key("priority", Value::number(ranked.priority), ranked.remark);
  if (action.application_controlled) {
    out_.comment("ApplicationControlled: the program begins TLS by itself, by ktlsctl_start(3).");
    out_.key("origin", Value::text("application"));
  }
  for (const auto& condition : conditions.all)
    out_.key(condition.key, condition.value, condition.remark);
  write_action(rule, action, conditions.incomplete);
}

// What is not certain is refused: a rule with less conditions would apply to more, and without the
// rule the next one would.
void Rules::write_action(const Statement& rule, const Action& action, bool incomplete) {
  if (incomplete || action.kind == Action::Kind::Unclear) {
    constexpr std::string_view why = "not all of it could be imported, so what it applies to is "
                                     "refused";
    problems_.add(rule.line, fmt::format("{}: {}", rule.text(), why));
    out_.comment(fmt::format("{}. See the problems above and in the report.", why));
    if (action.kind == Action::Kind::Profile)
      out_.suggest(fmt::format("profile = \"{}\"", action.profile));
    if (action.kind == Action::Kind::Clear)
      out_.suggest("action = \"clear\"");
    return out_.key("action", Value::text("deny"));
  }
  if (action.kind == Action::Kind::Clear)
    return out_.key("action", Value::text("clear"), "TTLSEnabled Off");
  out_.key("profile", Value::text(action.profile));
}

} // namespace ktls::importer
