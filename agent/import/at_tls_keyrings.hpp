// SPDX-License-Identifier: GPL-2.0-or-later
// Keyrings: what is in key rings of z/OS, and the files that take their place here.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "import/at_tls_statement.hpp"
#include "import/name_table.hpp"
#include "import/toml_writer.hpp"

namespace ktls::importer {

enum class KeyringKind { Ring, Database, Token, AllAuthorities };
// By the value of a Keyring statement: "USER/RING", "/path", "*TOKEN*/NAME", "*AUTH*/*".
[[nodiscard]] KeyringKind kind_of(std::string_view keyring);

class Keyrings {
public:
  Keyrings() : directories_(".") {}

  // The path of its trust store, which has to be brought over.
  std::string truststore(const Statement& keyring);
  // The name of a [credential] for a certificate of it. `label` empty: that of the ring's default.
  std::string credential(const Statement& keyring, std::string_view label);

  // What to bring over, and the [credential] tables.
  void write(TomlWriter& out) const;

private:
  struct Certificate {
    std::string label;
    std::string credential;
    std::string path; // without ".pem" and ".key"
  };
  struct Ring {
    std::string name; // the value of Keyring
    Line line;
    std::string directory;
    NameTable files;
    bool truststore = false;
    std::vector<Certificate> certificates;
  };

  Ring& ring(const Statement& keyring);
  static void write_ring(TomlWriter& out, const Ring& ring);
  static void write_steps(TomlWriter& out, const Ring& ring);

  NameTable directories_;
  NameTable credentials_;
  std::vector<Ring> rings_;
  std::map<std::string, std::size_t> numbers_; // of rings, by their names
  std::map<std::string, std::string> known_;   // credentials, by ring and label
};

} // namespace ktls::importer
