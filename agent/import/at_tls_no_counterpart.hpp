// SPDX-License-Identifier: GPL-2.0-or-later
// Parameters of AT-TLS that ktlsd has nothing for, and why.
#pragma once

#include <string_view>

#include "import/at_tls_statement.hpp"

namespace ktls::importer {

struct NoCounterpart {
  std::string_view keyword;
  std::string_view why;
  // Whether it changes who gets in, or what is protected: then it is a problem, too.
  bool weighs = false;
  std::string_view harmless = ""; // values that do not, separated by blanks
};

// None: the keyword is not known.
[[nodiscard]] const NoCounterpart* no_counterpart(const Statement& statement);
// Whether this value of it has to be looked at.
[[nodiscard]] bool weighs(const NoCounterpart& entry, const Statement& statement);

} // namespace ktls::importer
