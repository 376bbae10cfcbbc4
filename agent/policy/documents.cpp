// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/documents.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "policy/document.hpp"
#include "policy/toml_table.hpp"

namespace ktls::policy {

Documents::Documents(std::span<const SourceFile> files, Report& report) : report_(report) {
  for (std::uint32_t file = 0; file < files.size(); ++file) {
    if (auto root = parse_document(files[file], file, report_))
      all_.push_back({file, *std::move(root)});
  }
}

void Documents::check_tables(std::span<const std::string_view> known) const {
  for (const auto& [file, root] : all_) {
    for (const auto& [key, node] : root) {
      if (std::ranges::find(known, key.str()) != known.end())
        continue;
      const auto instead = instead_of(key.str());
      report_.add(place_of(key.source(), file), escape(key.str()),
                  instead.empty() ? "unknown key" + suggestion(key.str(), known)
                                  : fmt::format("unknown key; {}", instead));
    }
  }
}

Documents::OnlyTable Documents::only(std::string_view kind) const {
  static const toml::table none;
  OnlyTable out{&none};
  Place first;
  for (const auto& [file, root] : all_) {
    const auto* node = root.get(kind);
    if (node == nullptr)
      continue;
    const auto place = place_of(node->source(), file);
    if (!node->is_table()) {
      report_.add(place, kind, fmt::format("must be a table: [{}]", kind));
    } else if (out.is_there) {
      report_.add(place, kind,
                  fmt::format("there is an [{}] already, in {}", kind, report_.where(first)));
    } else {
      out = {node->as_table(), file, true};
      first = place;
    }
  }
  return out;
}

std::vector<NamedNode> Documents::named(std::string_view kind, NameIndex& names) const {
  std::vector<NamedNode> all;
  for (const auto& [file, root] : all_) {
    const auto* node = root.get(kind);
    if (node == nullptr)
      continue;
    const auto* tables = node->as_table();
    if (tables == nullptr) {
      report_.add(place_of(node->source(), file), kind,
                  fmt::format("must be tables: [{}.NAME]", kind));
      continue;
    }
    for (const auto& [name, value] : *tables)
      all.push_back({std::string(name.str()), &value, place_of(value.source(), file)});
  }
  std::ranges::stable_sort(all, {}, &NamedNode::place);
  std::erase_if(all, [&](const NamedNode& one) {
    return !names.add(one.name, fmt::format("{}.{}", kind, escape(one.name)), one.place);
  });
  return all;
}

void Documents::each(std::string_view kind,
                     const std::function<void(const toml::table&, std::uint32_t)>& use) const {
  const auto wrong = fmt::format("must be tables: [[{}]]", kind);
  for (const auto& [file, root] : all_) {
    const auto* node = root.get(kind);
    if (node == nullptr)
      continue;
    const auto* list = node->as_array();
    if (list == nullptr) {
      report_.add(place_of(node->source(), file), kind, wrong);
      continue;
    }
    for (const auto& item : *list) {
      if (const auto* table = item.as_table())
        use(*table, file);
      else
        report_.add(place_of(item.source(), file), kind, wrong);
    }
  }
}

} // namespace ktls::policy
