// SPDX-License-Identifier: GPL-2.0-or-later
// Parameters: what the actions of a rule of AT-TLS say together.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "import/at_tls_document.hpp"

namespace ktls::importer {

class Parameters {
public:
  // `document` must outlive it.
  Parameters(Document& document, Problems& problems) : document_(document), problems_(problems) {}

  // With all that stands in and behind it. An action that was added earlier wins over it.
  void add_action(const Statement& action);

  // The one that counts, which is told by whoever asks; the others of that keyword do not count.
  const Statement* take(std::string_view keyword);
  // Of a keyword that may be repeated: all of the nearest action that has any.
  std::vector<const Statement*> take_all(std::string_view keyword);
  // Without taking it.
  [[nodiscard]] const Statement* find(std::string_view keyword) const;

  // What nobody took, and what does not count, in the order of actions and lines.
  struct Leftover {
    const Statement* statement;
    const Statement* instead; // that counts in its place; none: nobody asked for it
    bool same_action;         // both are in one: z/OS does not say which counts
  };
  [[nodiscard]] std::vector<Leftover> leftovers() const;

  // The blocks that were looked into.
  [[nodiscard]] const std::vector<const Statement*>& blocks() const { return blocks_; }
  [[nodiscard]] bool broken() const { return broken_; }

private:
  void add_block(const Statement& block, std::size_t depth);
  bool add_child_block(const Statement& child, std::size_t depth);

  struct Said {
    std::size_t action; // by number
    const Statement* statement;
  };
  [[nodiscard]] const std::vector<Said>* said(std::string_view keyword) const;

  Document& document_;
  Problems& problems_;
  std::map<std::string, std::vector<Said>> by_keyword_; // in small letters
  std::vector<const Statement*> all_;
  struct Instead {
    const Statement* statement;
    bool same_action;
  };
  std::map<const Statement*, Instead> instead_; // of those that were asked for
  std::vector<const Statement*> blocks_;
  std::size_t action_ = 0;
  bool broken_ = false;
};

} // namespace ktls::importer
