// SPDX-License-Identifier: GPL-2.0-or-later
// Profiles: the actions of rules of AT-TLS, as [profile] tables.
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "import/at_tls_document.hpp"
#include "import/at_tls_keyrings.hpp"
#include "import/at_tls_parameters.hpp"
#include "import/name_table.hpp"
#include "import/toml_writer.hpp"

namespace ktls::importer {

// What a rule does.
struct Action {
  enum class Kind { Profile, Clear, Unclear };
  Kind kind = Kind::Unclear;
  std::string profile;                 // its name; of Unclear too, where there is one
  bool application_controlled = false; // the program says when TLS begins
};

class Profiles {
public:
  // All of them must outlive it.
  Profiles(Document& document, Problems& problems, Keyrings& keyrings)
      : document_(document), problems_(problems), keyrings_(keyrings) {}

  // Writes the profile, unless an earlier rule has the same actions.
  Action action_of(const Statement& rule);

  [[nodiscard]] const TomlWriter& toml() const { return out_; }
  // The longest HandshakeTimeout, in seconds.
  [[nodiscard]] std::uint64_t longest_timeout() const { return longest_timeout_; }

private:
  using Actions = std::tuple<const Statement*, const Statement*, const Statement*>;

  const Statement* only(const Statement& rule, std::string_view type, bool& broken);
  Action make(const Actions& actions);
  Action clear(const Actions& actions);

  Document& document_;
  Problems& problems_;
  Keyrings& keyrings_;
  NameTable names_;
  TomlWriter out_;
  std::map<Actions, Action> known_;
  std::uint64_t longest_timeout_ = 0;
};

} // namespace ktls::importer
