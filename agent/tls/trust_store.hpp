// SPDX-License-Identifier: GPL-2.0-or-later
// TrustStore: whom to believe, read once and shared by all profiles that name the same files.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "ipc/verification.hpp"
#include "tls/crl.hpp"

namespace ktls::tls {

class TrustStore {
public:
  struct Anchor {
    ipc::Der der;
    ParsedCertificate certificate; // views into `der`
    PublicKey key;
  };

  // What cannot be read is an error. An anchor that can be read but is of no use, since its key is
  // of an unknown type, is none.
  static Result<std::shared_ptr<const TrustStore>> create(const ipc::TrustStore& store);

  using Anchors = std::vector<const Anchor*>;
  using Crls = std::vector<const Crl*>;
  [[nodiscard]] const Anchors& anchors_named(const DistinguishedName& subject) const;
  [[nodiscard]] const Crls& crls_of(const DistinguishedName& issuer) const;
  // The one that is the same to the byte. Null: none.
  [[nodiscard]] const Anchor* find(const ParsedCertificate& certificate) const;
  [[nodiscard]] std::size_t size() const { return anchors_.size(); }

private:
  Result<> add_anchor(const ipc::Der& der);
  Result<> add_crl(const ipc::Der& der);

  std::vector<std::unique_ptr<const Anchor>> anchors_;
  std::vector<std::unique_ptr<const Crl>> crls_;
  std::unordered_map<std::string, Anchors> by_subject_; // DistinguishedName::key()
  std::unordered_map<std::string, Crls> by_issuer_;
};

} // namespace ktls::tls
