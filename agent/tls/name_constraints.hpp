// SPDX-License-Identifier: GPL-2.0-or-later
// NameConstraints: which names an authority may put into certificates (RFC 5280, section 4.2.1.10).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tls/der.hpp"
#include "tls/distinguished_name.hpp"

namespace ktls::tls {

// RFC 5280, section 4.2.1.6. `value` is the content, of a directoryName the whole Name.
struct GeneralName {
  enum class Type : std::uint8_t {
    Other = 0,
    Email = 1,
    Dns = 2,
    X400 = 3,
    Directory = 4,
    Edi = 5,
    Uri = 6,
    Address = 7,
    RegisteredId = 8,
  };
  Type type = Type::Other;
  Bytes value;
};

// None for a malformed sequence, or an empty one. `content`: of the SEQUENCE.
std::optional<std::vector<GeneralName>> read_general_names(Bytes content);

// How many names may yet be compared with constraints: an authority of a thousand constraints and a
// certificate of as many names would take a million.
class ComparisonBudget {
public:
  explicit ComparisonBudget(std::size_t comparisons) : left_(comparisons) {}
  // False when there are not as many.
  bool spend(std::size_t comparisons) {
    const bool enough = comparisons <= left_;
    left_ = enough ? left_ - comparisons : 0;
    return enough;
  }

private:
  std::size_t left_;
};

class NameConstraints {
public:
  // `extension`: all of its value. None where it is malformed, or asks for what is not supported:
  // a minimum or maximum distance, or an address with a mask that is no prefix.
  static std::optional<NameConstraints> parse(Bytes extension);

  // Of a certificate below: its subject, and its subject alternative names. Empty when all are
  // allowed; else which is not. A name that cannot be understood is not allowed where there are
  // constraints for its type, and of types without rules neither.
  [[nodiscard]] std::string broken_by(const DistinguishedName& subject,
                                      const std::vector<GeneralName>& names,
                                      ComparisonBudget& budget) const;

private:
  struct Subtree {
    GeneralName base;
    DistinguishedName directory; // of a directoryName
  };
  using Subtrees = std::vector<Subtree>;
  struct Name;
  static bool read_subtrees(Bytes content, Subtrees& to);
  [[nodiscard]] std::string judge(const Name& name, ComparisonBudget& budget) const;

  Subtrees permitted_;
  Subtrees excluded_;
};

} // namespace ktls::tls
