// SPDX-License-Identifier: GPL-2.0-or-later
// A configuration of AT-TLS, to be imported.
#include "import/at_tls.hpp"

#include "import.hpp"

int fuzz_import_at_tls(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  fuzz::must_be_sound(importer::import_at_tls(fuzz::text_of(data, size), "f"));
  return 0;
}
