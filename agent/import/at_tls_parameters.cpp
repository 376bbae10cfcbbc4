// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/at_tls_parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "import/words.hpp"

namespace ktls::importer {
namespace {

// Types of blocks that actions consist of.
constexpr std::array<std::string_view, 10> block_types{"TTLSGroupAdvancedParms",
                                                       "TTLSEnvironmentAdvancedParms",
                                                       "TTLSConnectionAdvancedParms",
                                                       "TTLSKeyringParms",
                                                       "TTLSCipherParms",
                                                       "TTLSSignatureParms",
                                                       "TTLSGskAdvancedParms",
                                                       "TTLSGskLdapParms",
                                                       "TTLSGskOcspParms",
                                                       "TTLSGskHttpCdpParms"};
constexpr std::size_t max_depth = 4;
constexpr std::size_t max_blocks = 64; // of an action

} // namespace

void Parameters::add_action(const Statement& action) {
  ++action_;
  const auto before = blocks_.size();
  add_block(action, 0);
  if (blocks_.size() - before > max_blocks) {
    problems_.add(action.line,
                  fmt::format("{}: consists of more than {} blocks", action.text(), max_blocks));
    broken_ = true;
  }
}

void Parameters::add_block(const Statement& block, std::size_t depth) {
  if (depth > max_depth) {
    problems_.add(block.line, fmt::format("{}: blocks in more than {} others, or blocks that name "
                                          "each other",
                                          block.text(), max_depth));
    broken_ = true;
    return;
  }
  blocks_.push_back(&block);
  for (const auto& child : block.children) {
    if (blocks_.size() > 4 * max_blocks)
      return;
    if (add_child_block(child, depth))
      continue;
    by_keyword_[lower(child.keyword)].push_back({action_, &child});
    all_.push_back(&child);
  }
}

// False: it is a parameter.
bool Parameters::add_child_block(const Statement& child, std::size_t depth) {
  for (const auto type : block_types) {
    if (child.is(type) && child.block) {
      add_block(child, depth + 1);
      return true;
    }
    if (!child.is_reference_to(type))
      continue;
    const auto* named = document_.find(type, child.word(), child);
    if (named == nullptr)
      broken_ = true;
    else
      add_block(*named, depth + 1);
    return true;
  }
  return false;
}

const std::vector<Parameters::Said>* Parameters::said(std::string_view keyword) const {
  const auto found = by_keyword_.find(lower(keyword));
  return found == by_keyword_.end() ? nullptr : &found->second;
}

const Statement* Parameters::find(std::string_view keyword) const {
  const auto* all = said(keyword);
  if (all == nullptr)
    return nullptr;
  const Said* last = &all->front(); // of the nearest action
  for (const auto& one : *all) {
    if (one.action == all->front().action)
      last = &one;
  }
  return last->statement;
}

const Statement* Parameters::take(std::string_view keyword) {
  const auto* counts = find(keyword);
  if (counts == nullptr)
    return nullptr;
  for (const auto& one : *said(keyword))
    instead_[one.statement] = {counts, one.action == said(keyword)->front().action};
  return counts;
}

std::vector<const Statement*> Parameters::take_all(std::string_view keyword) {
  std::vector<const Statement*> out;
  const auto* all = said(keyword);
  if (all == nullptr)
    return out;
  for (const auto& one : *all) {
    const bool counts = one.action == all->front().action;
    instead_[one.statement] = {counts ? one.statement : all->front().statement, false};
    if (counts)
      out.push_back(one.statement);
  }
  return out;
}

std::vector<Parameters::Leftover> Parameters::leftovers() const {
  std::vector<Leftover> out;
  for (const auto* statement : all_) {
    const auto found = instead_.find(statement);
    if (found == instead_.end())
      out.push_back({statement, nullptr, false});
    else if (found->second.statement != statement)
      out.push_back({statement, found->second.statement, found->second.same_action});
  }
  return out;
}

} // namespace ktls::importer
