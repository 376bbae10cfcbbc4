// SPDX-License-Identifier: GPL-2.0-or-later
// What a worker is given: what is taken is what was sent, to the byte.
#include "fuzz.hpp"
#include "ipc/profile.hpp"

int fuzz_worker_configuration(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  const auto bytes = fuzz::bytes_of(data, size);
  const auto configuration = ipc::decode_configuration(bytes);
  if (!configuration) {
    fuzz::must_be_clean(configuration.error().message());
    return 0;
  }
  const auto again = ipc::encode(*configuration);
  fuzz::must(std::ranges::equal(again, bytes), "what is encoded again is the same");
  return 0;
}
