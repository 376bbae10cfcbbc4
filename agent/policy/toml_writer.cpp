// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/toml_writer.hpp"

#include "base/text.hpp"

namespace ktls::policy {

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += fmt::format("\\{}", c);
    else if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\u{:04x}", byte);
    else
      out += c; // UTF-8, as it was read
  }
  return out + "\"";
}

void TomlWriter::table(std::string_view header, std::string_view where) {
  if (!text_.empty())
    text_ += '\n';
  text_ += header;
  if (!where.empty())
    text_ += fmt::format(" # {}", escape(where));
  text_ += '\n';
}

void TomlWriter::comment(std::string_view text) {
  text_ += fmt::format("# {}\n", escape(text));
}

void TomlWriter::list(std::string_view key, const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  quoted.reserve(texts.size());
  for (const auto& text : texts)
    quoted.push_back(toml_string(text));
  raw_list(key, quoted);
}

void TomlWriter::list(std::string_view key, const std::vector<LocatedPath>& paths) {
  std::vector<std::string> texts;
  texts.reserve(paths.size());
  for (const auto& path : paths)
    texts.push_back(path.path);
  list(key, texts);
}

void TomlWriter::raw_list(std::string_view key, const std::vector<std::string>& values) {
  if (values.size() == 1)
    line(key, values[0]);
  else if (!values.empty())
    line(key, fmt::format("[{}]", fmt::join(values, ", ")));
}

void TomlWriter::line(std::string_view key, std::string_view value) {
  text_ += fmt::format("{} = {}\n", key, value);
}

} // namespace ktls::policy
