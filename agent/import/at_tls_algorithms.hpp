// SPDX-License-Identifier: GPL-2.0-or-later
// Cipher suites, curves and signatures of System SSL, by code or by name, and what they are here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "import/toml_writer.hpp"

namespace ktls::importer {

enum class AlgorithmKind { Suite, Suite2, Group, Signature }; // Suite2: codes of two digits

struct Algorithms {
  Strings ours;    // each once, in their order
  Strings without; // codes and names that are nothing here
};

// `values`: names, or codes one behind the other.
[[nodiscard]] Algorithms algorithms(AlgorithmKind kind, const Strings& values);

// What SuiteBProfile stands for; nothing: the value is not known.
struct SuiteB {
  std::string_view profile;
  Strings ciphers, groups, signatures;
};
[[nodiscard]] std::optional<SuiteB> suite_b(std::string_view profile);

} // namespace ktls::importer
