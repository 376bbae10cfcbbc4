// SPDX-License-Identifier: GPL-2.0-or-later
// The first bytes of a peer: who it asks for, as soon as that can be said, and what it offers.
#include "tls/hello.hpp"

#include "base/host_name.hpp"
#include "fuzz.hpp"
#include "tls/server_name.hpp"

int fuzz_hello(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  const auto bytes = fuzz::bytes_of(data, size);
  const auto name = tls::server_name_in(bytes);
  if (name && !name->empty()) {
    fuzz::must_be_clean(*name);
    fuzz::must(lower_case(*name) == *name, "a name is in small letters", *name);
    const auto host = HostName::parse(*name);
    fuzz::must(host && !host->is_address(), "a name is one of a host", *name);
  }
  for (std::size_t had = 0; had < size; had += 1 + had / 8) {
    const auto before = tls::server_name_in(bytes.first(had));
    fuzz::must(!before || before == name, "what is said holds when more comes");
  }
  for (const auto kind : {tls::HelloKind::ClientHello, tls::HelloKind::ServerHello,
                          tls::HelloKind::EncryptedExtensions})
    (void)tls::parse_hello(kind, bytes);
  return 0;
}
