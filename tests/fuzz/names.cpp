// SPDX-License-Identifier: GPL-2.0-or-later
// Names in certificates: the same bytes as DER, and as the text of an administrator.
#include "fuzz.hpp"
#include "identity/name_text.hpp"
#include "identity/oid_text.hpp"
#include "tls/distinguished_name.hpp"

int fuzz_names(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  const auto bytes = fuzz::bytes_of(data, size);
  if (const auto name = identity::read_name(bytes)) {
    fuzz::must_be_clean(name->text);
    fuzz::must(identity::canonical_name(name->text) == name->text,
               "the text of a name is the one that others' text is brought to", name->text);
    tls::DerReader whole(bytes);
    const auto parsed = tls::DistinguishedName::parse(whole.take(tls::der_tag::sequence));
    fuzz::must(!parsed || parsed->is_within(*parsed), "a name is within itself", name->text);
  }
  if (const auto name = identity::canonical_name(fuzz::text_of(data, size)))
    fuzz::must(identity::canonical_name(*name) == *name, "a name that is canonical stays so",
               *name);
  const auto oid = identity::oid_text(bytes);
  fuzz::must(oid.starts_with('#') != identity::is_oid(oid), "an OID is one, or bytes", oid);
  return 0;
}
