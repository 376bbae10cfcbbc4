// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/toml_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.hpp"
#include "import/words.hpp"

namespace ktls::importer {
namespace {

constexpr std::size_t columns = 100;
constexpr std::size_t max_comment = 4096;

// TOML 1.0, "Basic strings".
std::string quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const auto size = utf8_size(text);
    const auto byte = static_cast<unsigned char>(text.front());
    if (size == 0)
      out += "\\uFFFD"; // what stands for a broken character
    else if (byte == '"' || byte == '\\')
      out += fmt::format("\\{}", text.front());
    else if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\u{:04X}", byte);
    else
      out += text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out + '"';
}

std::string array(const Strings& items) {
  std::string line = "[";
  std::string rows;
  for (const auto& item : items) {
    if (line.size() > 1 && line.size() + item.size() + 2 > columns - 10) {
      rows += line + ",\n";
      line = "  " + item;
    } else {
      line += line.size() > 1 ? ", " + item : item;
    }
  }
  return rows + line + "]";
}

} // namespace

Value Value::text(std::string_view text) {
  return {quoted(text)};
}
Value Value::number(std::uint64_t number) {
  return {fmt::format("{}", number)};
}
Value Value::boolean(bool value) {
  return {value ? "true" : "false"};
}
Value Value::texts(const Strings& texts) {
  return texts.size() == 1 ? text(texts.front()) : list(texts);
}

Value Value::list(const Strings& texts) {
  Strings items;
  std::transform(texts.begin(), texts.end(), std::back_inserter(items), quoted);
  return {array(items)};
}

Value Value::ports(const Strings& texts) {
  Strings items;
  for (const auto& one : texts)
    items.push_back(importer::number(one) ? one : quoted(one));
  return {items.size() == 1 ? items.front() : array(items)};
}

void TomlWriter::comment(std::string_view text) {
  const auto safe = escape(text, max_comment);
  std::string line = "#";
  for (const auto word : words(safe)) {
    if (line.size() > 1 && line.size() + 1 + word.size() > columns) {
      text_ += line + '\n';
      line = "#  ";
    }
    line += ' ';
    line += word;
  }
  text_ += line + '\n';
}

void TomlWriter::blank() {
  if (!text_.empty())
    text_ += '\n';
}

void TomlWriter::append(const TomlWriter& other) {
  if (other.text_.empty())
    return;
  blank();
  text_ += other.text_;
}

void TomlWriter::table(std::string_view header) {
  text_ += fmt::format("{}\n", header);
}

void TomlWriter::key(std::string_view key, const Value& value, std::string_view remark) {
  text_ += fmt::format("{} = {}", key, value.toml);
  text_ += remark.empty() ? "\n" : fmt::format(" # {}\n", escape(remark, max_comment));
}

void TomlWriter::suggest(std::string_view line) {
  text_ += fmt::format("# {}\n", escape(line, max_comment));
}

} // namespace ktls::importer
