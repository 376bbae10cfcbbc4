// SPDX-License-Identifier: GPL-2.0-or-later
// A file of pins: what a line says, its text says as well.
#include "fuzz.hpp"
#include "identity/pin_table.hpp"

int fuzz_pins(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  using identity::PinLine;
  const std::string text(fuzz::text_of(data, size));
  if (const auto line = PinLine::parse(text); line && *line) {
    const auto shown = (*line)->text();
    fuzz::must_be_clean(shown);
    const auto again = PinLine::parse(shown);
    fuzz::must(again && *again && (*again)->key() == (*line)->key() &&
                   (*again)->user == (*line)->user && (*again)->text() == shown,
               "a pin that is shown is the same pin", shown);
  }
  const std::vector<policy::SourceFile> files{{"f", text}};
  policy::Problems problems;
  const auto pins = identity::PinTable::parse(files, problems);
  if (!problems.lines.empty())
    fuzz::must_be_diagnoses(problems.lines, "f", false);
  fuzz::must(pins.texts().size() <= identity::PinTable::max_shown, "few pins are shown");
  for (const auto& shown : pins.texts())
    fuzz::must_be_clean(shown);
  return 0;
}
