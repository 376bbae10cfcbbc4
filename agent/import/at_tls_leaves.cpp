// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/at_tls_leaves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "import/words.hpp"

namespace ktls::importer {
namespace {

constexpr std::array<Form, 6> address_forms{{{"Addr", ""},
                                             {"AddrRef", "IpAddr"},
                                             {"AddrSet", ""},
                                             {"AddrSetRef", "IpAddrSet"},
                                             {"AddrGroup", ""},
                                             {"AddrGroupRef", "IpAddrGroup"}}};
constexpr std::array<std::string_view, 3> address_leaves{"Addr", "Prefix", "Range"};
constexpr std::array<std::string_view, 3> address_blocks{"IpAddr", "IpAddrSet", "IpAddrGroup"};

constexpr std::array<Form, 4> port_forms{{{"PortRange", ""},
                                          {"PortRangeRef", "PortRange"},
                                          {"PortGroup", ""},
                                          {"PortGroupRef", "PortGroup"}}};
constexpr std::array<std::string_view, 1> port_leaves{"Port"};
constexpr std::array<std::string_view, 2> port_blocks{"PortRange", "PortGroup"};

class Collector {
public:
  Collector(Document& document, Problems& problems, const Grammar& grammar)
      : document_(document), problems_(problems), grammar_(grammar) {}

  void collect(const Statement& block) {
    if (++visits_ > max_visits || leaves_.size() > max_leaves)
      return fail(block,
                  fmt::format("more than {} of them, or blocks that name each other", max_leaves));
    if (block.children.empty())
      fail(block, "is empty");
    for (const auto& child : block.children) {
      if (failed_)
        return;
      collect_child(child);
    }
  }
  void add(const Statement& leaf) { leaves_.push_back(&leaf); }
  void fail(const Statement& where, std::string_view why) {
    problems_.add(where.line, fmt::format("{}: {}", shown(where), why));
    failed_ = true;
  }
  void fail() { failed_ = true; }

  std::optional<std::vector<const Statement*>> take() {
    if (failed_)
      return std::nullopt;
    return std::move(leaves_);
  }

private:
  void collect_child(const Statement& child) {
    for (const auto type : grammar_.blocks) {
      if (child.is(type) && child.block)
        return collect(child);
      if (child.is_reference_to(type)) {
        const auto* named = document_.find(type, child.word(), child);
        return named == nullptr ? fail() : collect(*named);
      }
    }
    const bool leaf = std::any_of(grammar_.leaves.begin(), grammar_.leaves.end(),
                                  [&](std::string_view name) { return child.is(name); });
    if (leaf && !child.block)
      add(child);
    else
      fail(child, "not known here");
  }

  static constexpr std::size_t max_visits = 1000;

  Document& document_;
  Problems& problems_;
  const Grammar& grammar_;
  std::vector<const Statement*> leaves_;
  std::size_t visits_ = 0;
  bool failed_ = false;
};

const Form* form_of(const Statement& statement, std::string_view side, const Grammar& grammar) {
  const auto found =
      std::find_if(grammar.forms.begin(), grammar.forms.end(), [&](const Form& form) {
        const std::string_view keyword = statement.keyword;
        return same(keyword.substr(0, side.size()), side) &&
               same(keyword.substr(std::min(side.size(), keyword.size())), form.keyword);
      });
  return found == grammar.forms.end() ? nullptr : &*found;
}

} // namespace

const Grammar address_grammar{address_forms, address_leaves, address_blocks};
const Grammar port_grammar{port_forms, port_leaves, port_blocks};

bool is_form(const Statement& statement, std::string_view side, const Grammar& grammar) {
  return form_of(statement, side, grammar) != nullptr;
}

std::optional<std::vector<const Statement*>> leaves_of(Document& document, Problems& problems,
                                                       const Statement& rule, std::string_view side,
                                                       const Grammar& grammar) {
  Collector collector(document, problems, grammar);
  const Statement* first = nullptr;
  for (const auto& child : rule.children) {
    const auto* form = form_of(child, side, grammar);
    if (form == nullptr)
      continue;
    if (first != nullptr)
      collector.fail(child, fmt::format("line {} says it already", first->line));
    first = &child;
    if (child.block)
      collector.collect(child);
    else if (form->block.empty())
      collector.add(child);
    else if (const auto* named = document.find(form->block, child.word(), child); named != nullptr)
      collector.collect(*named);
    else
      collector.fail();
  }
  return collector.take();
}

} // namespace ktls::importer
