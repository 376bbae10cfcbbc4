// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/match_rule.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "identity/match_rule_parser.hpp"

namespace ktls::identity {
namespace {

using Field = MatchRule::Field;
using Outcome = MatchRule::Outcome;
using Result = MatchRule::Result;
using Test = MatchRule::Test;

Outcome match_text(const Test& test, std::string_view text, tls::ComparisonBudget& budget) {
  if (text.size() > MatchRule::max_matched)
    return {Result::Error, fmt::format("what {} is about has more than {} bytes",
                                       name_of(test.field), MatchRule::max_matched)};
  if (!budget.spend(test.pattern->cost(text)))
    return {Result::Error, "comparing its names with all filters takes too long"};
  if (!test.pattern->matches(text))
    return {};
  return {Result::Match, fmt::format("{}={}", name_of(test.field), escape(text, max_value_shown))};
}

// The first that matches; an error of any of them stops.
Outcome match_texts(const Test& test, const Texts& texts, tls::ComparisonBudget& budget) {
  Outcome out;
  for (const auto& text : texts) {
    auto one = match_text(test, text, budget);
    if (one.result == Result::Error)
      return one;
    if (out.result == Result::NoMatch)
      out = std::move(one);
  }
  return out;
}
Outcome match_texts(const Test& test, const Fact<Texts>& texts, tls::ComparisonBudget& budget) {
  return texts ? match_texts(test, *texts, budget) : Outcome{Result::Error, texts.error()};
}

Outcome match_principals(const Test& test, const PeerIdentity& peer,
                         tls::ComparisonBudget& budget) {
  auto upn = match_texts(test, peer.upns, budget);
  auto pkinit = match_texts(test, peer.principals, budget);
  return upn.result == Result::Error || pkinit.result == Result::NoMatch ? upn : pkinit;
}

Outcome match_usages(const Test& test, const PeerIdentity& peer) {
  // absent, it allows each (RFC 5280, section 4.2.1.3)
  if (peer.key_usage && (*peer.key_usage & test.usages) != test.usages)
    return {};
  return {Result::Match, ""};
}

Outcome match_purposes(const Test& test, const PeerIdentity& peer) {
  const auto has = [&](const std::string& purpose) {
    return std::ranges::find(peer.purposes, purpose) != peer.purposes.end();
  };
  return {std::ranges::all_of(test.purposes, has) ? Result::Match : Result::NoMatch, ""};
}

Outcome match(const Test& test, const PeerIdentity& peer, tls::ComparisonBudget& budget) {
  switch (test.field) {
  case Field::Subject:
    return match_text(test, peer.subject, budget);
  case Field::Issuer:
    return match_text(test, peer.issuer, budget);
  case Field::KeyUsage:
    return match_usages(test, peer);
  case Field::Purpose:
    return match_purposes(test, peer);
  case Field::Principal:
    return match_principals(test, peer, budget);
  case Field::NtPrincipal:
    return match_texts(test, peer.upns, budget);
  case Field::Pkinit:
    return match_texts(test, peer.principals, budget);
  case Field::Email:
    return match_texts(test, peer.emails, budget);
  case Field::Dns:
    return match_texts(test, peer.dns_names, budget);
  case Field::Uri:
    return match_texts(test, peer.uris, budget);
  case Field::Directory:
    return match_texts(test, peer.directory_names, budget);
  case Field::Address:
    return match_texts(test, peer.addresses, budget);
  case Field::RegisteredId:
    return match_texts(test, peer.registered_ids, budget);
  }
  return {Result::Error, ""};
}

void add_text(std::string_view text, std::string& to) {
  if (!to.empty() && !text.empty())
    to += ", ";
  to += text;
}

// Of tests of which one is enough, an error of any could have been a match; of those that all
// have to match, it makes no difference behind one that does not.
Outcome combined(bool any, const std::vector<Outcome>& outcomes) {
  const auto first = [&](Result result) {
    return std::ranges::find(outcomes, result, &Outcome::result);
  };
  if (!any && first(Result::NoMatch) != outcomes.end())
    return {};
  if (first(Result::Error) != outcomes.end())
    return *first(Result::Error);
  if (first(Result::Match) == outcomes.end())
    return {};
  Outcome out{Result::Match, ""};
  for (const auto& outcome : outcomes)
    add_text(outcome.text, out.text);
  return out;
}

// 0: it says nothing of it, 1: some, 2: all
struct Names {
  int person = 0;
  int issuer = 0;
  std::size_t person_end = 0;
  std::size_t issuer_end = 0;
};

Names names_of(const Test& test) {
  if (!test.pattern)
    return {};
  const int how = test.pattern->is_literal() ? 2 : 1;
  const auto end = test.pattern->is_literal() ? 0 : test.pattern->fixed_end().size();
  return test.field == Field::Issuer ? Names{0, how, 0, end} : Names{how, 0, end, 0};
}

int rank_of(int person, int issuer) {
  constexpr int ranks[3][3] = {{0, 1, 2}, {3, 4, 7}, {5, 6, 8}};
  return ranks[person][issuer];
}

} // namespace

tl::expected<MatchRule, std::string> MatchRule::parse(std::string_view text) {
  auto parsed = parse_tests(text);
  if (!parsed)
    return tl::make_unexpected(std::move(parsed).error());
  MatchRule out;
  out.text_ = text;
  out.any_ = parsed->any;
  out.tests_ = std::move(parsed->tests);
  return out;
}

Outcome MatchRule::matches(const PeerIdentity& peer, tls::ComparisonBudget& budget) const {
  std::vector<Outcome> outcomes;
  for (const auto& test : tests_) {
    outcomes.push_back(match(test, peer, budget));
    if (!any_ && outcomes.back().result == Result::NoMatch)
      return {};
  }
  return combined(any_, outcomes);
}

Specificity MatchRule::specificity() const {
  Names all = names_of(tests_.front());
  for (const auto& test : tests_) {
    const auto names = names_of(test);
    // the least of alternatives counts
    const auto join = [&](auto& to, auto from) {
      to = any_ ? std::min(to, from) : std::max(to, from);
    };
    join(all.person, names.person);
    join(all.issuer, names.issuer);
    join(all.person_end, names.person_end);
    join(all.issuer_end, names.issuer_end);
  }
  return {rank_of(all.person, all.issuer), all.person_end, all.issuer_end, 0,
          any_ ? 1 : tests_.size()};
}

std::string MatchRule::key() const {
  Texts parts;
  for (const auto& test : tests_)
    parts.push_back(fmt::format("<{}>{}{}{}", name_of(test.field),
                                test.pattern ? test.pattern->text() : "", test.usages,
                                fmt::join(test.purposes, ",")));
  std::ranges::sort(parts);
  return fmt::format("{}{}", any_ && tests_.size() > 1 ? "||" : "&&", fmt::join(parts, ""));
}

} // namespace ktls::identity
