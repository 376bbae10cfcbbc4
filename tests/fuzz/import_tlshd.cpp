// SPDX-License-Identifier: GPL-2.0-or-later
// A configuration of tlshd, to be imported.
#include "import/tlshd.hpp"

#include "import.hpp"

int fuzz_import_tlshd(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  fuzz::must_be_sound(importer::import_tlshd(fuzz::text_of(data, size), "f"));
  return 0;
}
