// SPDX-License-Identifier: GPL-2.0-or-later
// What names keys: a file of pre-shared keys, the URL of a key in a token, the description of one
// in a keyring. No error tells what is in it.
#include "broker/keyring.hpp"
#include "broker/psk_file.hpp"
#include "fuzz.hpp"
#include "signer/token_url.hpp"

namespace ktls::fuzz {
namespace {

// Keys are hexadecimal, and PINs are mostly numbers.
void must_not_tell(std::string_view error) {
  constexpr std::size_t telling = 8;
  must_be_clean(error);
  std::size_t digits = 0;
  for (const char c : error) {
    digits = std::string_view("0123456789abcdefABCDEF").find(c) == std::string_view::npos
                 ? 0
                 : digits + 1;
    must(digits < telling, "an error tells nothing of a secret", error);
  }
}

} // namespace
} // namespace ktls::fuzz

int fuzz_keys(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  const auto text = fuzz::text_of(data, size);
  const auto file = PskFile::parse(text);
  if (!file) {
    fuzz::must_not_tell(file.error().message());
  } else {
    const auto first = file->find("");
    fuzz::must(first && file->find(first->identity), "the first key is there");
    const auto with_sha384 = file->first_with_sha384();
    fuzz::must(with_sha384.empty() || file->find(with_sha384), "a key of SHA-384 is there");
  }
  const auto url = parse_token_url(text);
  if (!url)
    fuzz::must_not_tell(url.error().message());
  fuzz::must(!url || url->key.find('?') == std::string::npos, "the query part is taken off");
  fuzz::must(!url || !url->pin_source || url->pin_source->starts_with('/'),
             "a file with a PIN has an absolute path");
  if (const auto description = parse_key_description(text))
    fuzz::must(text.ends_with(description->description), "a description goes to the end");
  (void)psk_hash(text, 32);
  return 0;
}
