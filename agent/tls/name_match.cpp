// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/name_match.hpp"

#include "tls/handles.hpp"

namespace ktls::tls {
namespace {

bool has_dns_name(gnutls_x509_crt_t certificate) {
  for (unsigned i = 0;; ++i) {
    Datum name;
    std::size_t size = 0;
    const int type =
        gnutls_x509_crt_get_subject_alt_name2(certificate, i, nullptr, &size, nullptr, nullptr);
    if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
      return false;
    if (type == GNUTLS_SAN_DNSNAME || type == GNUTLS_E_SHORT_MEMORY_BUFFER) {
      // the size was asked for: what type it is, only a call with room tells
      std::string room(size, '\0');
      if (gnutls_x509_crt_get_subject_alt_name2(certificate, i, room.data(), &size, nullptr,
                                                nullptr) == GNUTLS_SAN_DNSNAME)
        return true;
    } else if (type < 0) {
      return false;
    }
  }
}

} // namespace

bool has_name(gnutls_x509_crt_int* certificate, const HostName& name) {
  if (name.is_address()) {
    const auto* address = reinterpret_cast<const unsigned char*>(name.address().data());
    return gnutls_x509_crt_check_ip(certificate, address,
                                    static_cast<unsigned>(name.address().size()), 0) != 0;
  }
  // without a dNSName the library would look at the common name
  return has_dns_name(certificate) &&
         gnutls_x509_crt_check_hostname2(certificate, name.text().c_str(),
                                         GNUTLS_VERIFY_DO_NOT_ALLOW_IP_MATCHES) != 0;
}

} // namespace ktls::tls
