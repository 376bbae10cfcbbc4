// SPDX-License-Identifier: GPL-2.0-or-later
// Document: the statements of a policy of AT-TLS, by type and name, and which of them were used.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "import/at_tls_statement.hpp"

namespace ktls::importer {

// Passwords, and what may be one by its keyword: their values do not leave the input.
[[nodiscard]] bool is_secret(const Statement& statement);
// Statement::text(), or without the value where it is secret.
[[nodiscard]] std::string shown(const Statement& statement);
// For remarks: "line 7".
[[nodiscard]] std::string place(const Statement& statement);

class Document {
public:
  // `problems` must outlive it.
  Document(std::vector<Statement> statements, Problems& problems);
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  [[nodiscard]] const std::vector<Statement>& statements() const { return statements_; }
  // The block TYPE NAME of the file; the last one, where there are more. None is a problem of
  // `user`.
  const Statement* find(std::string_view type, std::string_view name, const Statement& user);
  // The blocks of a type in `parent`: inline ones, and those that TYPERef statements name. A
  // reference that leads nowhere is a problem, and sets `broken`.
  std::vector<const Statement*> blocks(const Statement& parent, std::string_view type,
                                       bool& broken);
  // Blocks of the file that nothing has asked for.
  [[nodiscard]] std::vector<const Statement*> unused() const;
  void use(const Statement& statement) { used_.insert(&statement); }

private:
  void index();

  std::vector<Statement> statements_;
  Problems& problems_;
  using TypeAndName = std::pair<std::string, std::string>; // the type in small letters
  std::map<TypeAndName, const Statement*> by_name_;
  std::map<TypeAndName, const Statement*> by_small_name_; // for those who mean well
  std::set<const Statement*> used_;
};

} // namespace ktls::importer
