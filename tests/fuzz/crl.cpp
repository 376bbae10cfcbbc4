// SPDX-License-Identifier: GPL-2.0-or-later
// A list of revoked certificates, as an administrator's file and as what is judged by.
#include "certificates.hpp"
#include "tls/revocation.hpp"

int fuzz_crl(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  const auto bytes = fuzz::bytes_of(data, size);
  if (const auto lists = tls::crls_from_file(fuzz::text_of(data, size)); !lists)
    fuzz::must_be_clean(lists.error().message());
  const tls::Der der(bytes.begin(), bytes.end());
  const auto crl = tls::Crl::parse(der);
  const auto store = tls::TrustStore::create({{fuzz::authority().der}, {der}});
  fuzz::must(crl.has_value() == store.has_value(), "who refuses a list refuses the store");
  if (!crl) {
    fuzz::must_be_clean(crl.error());
    return 0;
  }
  const auto& server = fuzz::server().certificate;
  (void)crl->names(server);
  (void)crl->covers(server);
  const std::vector<tls::Issuer> issuers{{fuzz::authority().certificate, fuzz::authority().key}};
  for (const auto level : {ipc::RevocationLevel::Low, ipc::RevocationLevel::High}) {
    const auto found = tls::judge_revocation(server, issuers, **store, level, fuzz::fixed_now);
    fuzz::must_be_clean(found.detail);
    fuzz::must(found.reason == Reason::Success || !found.detail.empty(), "a refusal says why");
  }
  return 0;
}
