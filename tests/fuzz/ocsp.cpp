// SPDX-License-Identifier: GPL-2.0-or-later
// An OCSP response: of a peer, or of an administrator's file.
#include "certificates.hpp"
#include "tls/ocsp_staple.hpp"

int fuzz_ocsp(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  const auto response = fuzz::bytes_of(data, size);
  const tls::Issuer issuer{fuzz::authority().certificate, fuzz::authority().key};
  const tls::Rules rules{fuzz::fixed_now, tls::key_purpose::server_auth};
  const auto found = tls::judge_staple(response, fuzz::server().certificate, issuer, rules);
  fuzz::must_be_clean(found.detail);
  fuzz::must(found.reason != Reason::Success, "nobody else signs for the authority");
  (void)tls::is_about(response, fuzz::server().der);
  if (const auto next = tls::ocsp_next_update(response); !next)
    fuzz::must_be_clean(next.error().message());
  return 0;
}
