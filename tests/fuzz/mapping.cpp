// SPDX-License-Identifier: GPL-2.0-or-later
// mapd.toml, and behind a line "---" what is in each file that it names.
#include "identity/mapping.hpp"

#include "identity.hpp"

namespace ktls::fuzz {
namespace {

using ParsedMapping = tl::expected<identity::Mapping, policy::Problems>;

ParsedMapping parse_mapping(const std::string& text, const std::string& named) {
  const std::vector<policy::SourceFile> files{{"f", text}};
  return identity::parse_mapping(files,
                                 [&](const std::string&) -> Result<std::string> { return named; });
}

} // namespace
} // namespace ktls::fuzz

int fuzz_mapping(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  const std::string whole(fuzz::text_of(data, size));
  const auto [text, named] =
      fuzz::halves(whole, "---").value_or(std::pair(whole, std::string("key ab alice\n")));
  const auto mapping = fuzz::parse_mapping(text, named);
  if (!mapping) {
    fuzz::must(!mapping.error().lines.empty(), "what is refused has a diagnosis");
    for (const auto& line : mapping.error().lines)
      fuzz::must_be_clean(line);
    return 0;
  }
  identity::Context context{"web", "staff", "a.example.org", std::uint16_t{443}, tls::Sha256{}};
  fuzz::must_be_fit_to_be_shown(mapping->map(fuzz::some_person(), context));
  const auto shown = mapping->text();
  const auto again = fuzz::parse_mapping(shown, named);
  fuzz::must(again.has_value(), again ? "" : again.error().lines.front(), shown);
  fuzz::must(fuzz::without_comments(again->text()) == fuzz::without_comments(shown),
             "what is shown is the same mapping", shown);
  return 0;
}
