// SPDX-License-Identifier: GPL-2.0-or-later
// Handshake messages between data: however they are cut, they say the same.
#include "post_handshake.hpp"

#include "fuzz.hpp"

int fuzz_post_handshake(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  const auto bytes = fuzz::bytes_of(data, size);
  PostHandshake whole;
  PostHandshake parts;
  const auto verdict = whole.feed(bytes);
  auto of_parts = parts.feed({});
  for (const auto& byte : bytes)
    of_parts = parts.feed({&byte, 1});
  fuzz::must(of_parts == verdict, "a cut makes no difference");
  fuzz::must(verdict == PostHandshake::Verdict::Forbidden ||
                 parts.at_boundary() == whole.at_boundary(),
             "a cut makes no difference to where a message ends");
  return 0;
}
