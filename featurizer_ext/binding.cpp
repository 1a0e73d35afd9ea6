// mtl._featurizer: hands Python's strings to the core and the core's numbers to NumPy. See mtl/featurizer.py.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "core/tokens.h"
#include "texts.h"

namespace mtl {
namespace {

template <typename Value>
py::array_t<Value> to_array(const std::vector<Value>& values) {
  return py::array_t<Value>(static_cast<py::ssize_t>(values.size()), values.data());
}

py::str to_str(std::string_view text) { return py::str(text.data(), text.size()); }

// Calls `f` with `std::true_type` or `std::false_type`: a flag that the core takes as a template argument.
template <typename F>
void with_flag(bool flag, F&& f) {
  flag ? f(std::true_type()) : f(std::false_type());
}

class WordIndex {
 public:
  explicit WordIndex(const py::list& entries) {
    Texts texts;
    for (const py::handle entry : entries) {
      const std::string_view text = texts.view(entry, "a vocabulary entry");
      table_.insert<false>(text.data(), text.size());
    }
    if (table_.size() != entries.size()) throw py::value_error("the entries of a vocabulary should be distinct.");
  }
  const ByteTable& table() const { return table_; }

 private:
  ByteTable table_;
};

class CharacterIndex {
 public:
  explicit CharacterIndex(const py::list& entries) : ids_(kUnknownId) {
    Texts texts;
    std::int32_t id = kFirstId;
    for (const py::handle entry : entries) {
      const std::string_view text = texts.view(entry, "a vocabulary entry");
      const char* end = text.data() + text.size();
      // An entry of several characters equals none: it takes its id and is never found.
      if (count_code_points(text.data(), end) == 1) ids_.at(decode(text.data(), end).code_point) = id;
      ++id;
    }
  }
  const CodePointMap<std::int32_t>& ids() const { return ids_; }

 private:
  CodePointMap<std::int32_t> ids_;
};

class Tokens;

class WordCounts {
 public:
  void add(const Tokens& tokens, bool lowercase);
  py::list items() const {
    py::list result;
    for (std::size_t i = 0; i < counts_.size(); ++i) result.append(py::make_tuple(to_str(table_[i]), counts_[i]));
    return result;
  }

 private:
  ByteTable table_;
  std::vector<std::int64_t> counts_;
};

class CharacterCounts {
 public:
  CharacterCounts() : counts_(0) {}
  void add(const Tokens& tokens, bool lowercase, std::size_t max_length);
  py::list items() const {
    py::list result;
    for (std::uint32_t c = 0; c < kCodePoints; ++c) {
      if (counts_.get(c) == 0) continue;
      const auto character = py::reinterpret_steal<py::str>(PyUnicode_FromOrdinal(static_cast<int>(c)));
      result.append(py::make_tuple(character, counts_.get(c)));
    }
    return result;
  }

 private:
  CodePointMap<std::int64_t> counts_;
};

class Tokens {
 public:
  static std::unique_ptr<Tokens> from_texts(const py::object& items, Tokenizer tokenizer) {
    auto self = std::make_unique<Tokens>();
    const py::tuple kept = self->texts_.keep(items);
    self->views_.reserve(kept.size());
    for (const py::handle item : kept) self->views_.push_back(self->texts_.view(item, "a text"));
    const py::gil_scoped_release release;
    switch (tokenizer) {
      case Tokenizer::kWhitespace: self->scan_all<Tokenizer::kWhitespace>(); break;
      case Tokenizer::kUnicodeWords: self->scan_all<Tokenizer::kUnicodeWords>(); break;
      case Tokenizer::kCharacters: self->scan_all<Tokenizer::kCharacters>(); break;
    }
    return self;
  }

  static std::unique_ptr<Tokens> from_rows(const py::object& rows) {
    auto self = std::make_unique<Tokens>();
    for (const py::handle row : self->texts_.keep(rows)) {
      if (PyUnicode_Check(row.ptr()) || PyBytes_Check(row.ptr())) {
        throw py::type_error(std::string("a row should be a list of str. Found ") + Py_TYPE(row.ptr())->tp_name + ".");
      }
      for (const py::handle item : self->texts_.keep(row)) self->table_.add_token(self->texts_.view(item, "a token"));
      self->table_.close_row("");
    }
    return self;
  }

  const TokenTable& table() const { return table_; }

  py::list strings(bool lowercase) const {
    py::list rows;
    std::string lowered;
    for (std::size_t row = 0; row < table_.rows(); ++row) {
      py::list words;
      each_token(row, [&](const Token& token) {
        if (lowercase) {
          lowered.assign(token.begin, token.end);
          for (char& c : lowered) c = lower1(c);
          words.append(to_str(lowered));
        } else {
          words.append(to_str({token.begin, token.size()}));
        }
      });
      rows.append(std::move(words));
    }
    return rows;
  }

  // Code point offsets [N, 2]. A row of ready-made tokens counts as if they were joined by one space.
  py::array_t<std::int64_t> spans() const {
    py::array_t<std::int64_t> result({static_cast<py::ssize_t>(table_.tokens().size()), py::ssize_t{2}});
    std::int64_t* out = result.mutable_data();
    for (std::size_t row = 0; row < table_.rows(); ++row) {
      const char* seen = views_.empty() ? nullptr : views_[row].data();
      std::int64_t position = 0;
      each_token(row, [&](const Token& token) {
        if (!views_.empty()) position += count_code_points(seen, token.begin);
        *out++ = position;
        position += count_code_points(token.begin, token.end);
        *out++ = position;
        seen = token.end;
        if (views_.empty()) ++position;
      });
    }
    return result;
  }

  py::array_t<std::int32_t> word_ids(const WordIndex& entries, bool lowercase) const {
    py::array_t<std::int32_t> result(static_cast<py::ssize_t>(table_.tokens().size()));
    std::int32_t* out = result.mutable_data();
    const py::gil_scoped_release release;
    with_flag(lowercase, [&](auto flag) { table_.word_ids<flag.value>(entries.table(), out); });
    return result;
  }

  py::tuple character_ids(const CharacterIndex& entries, bool lowercase, std::size_t max_length) const {
    py::array_t<std::int64_t> offsets(static_cast<py::ssize_t>(table_.tokens().size() + 1));
    std::int64_t* out = offsets.mutable_data();
    std::vector<std::int32_t> ids;
    {
      const py::gil_scoped_release release;
      table_.character_ids(entries.ids(), lowercase, max_length, ids, out);
    }
    return py::make_tuple(to_array(ids), offsets);
  }

 private:
  template <Tokenizer kind>
  void scan_all() {
    for (const std::string_view view : views_) table_.add_text<kind>(view);
  }

  template <typename Visit>
  void each_token(std::size_t row, Visit&& visit) const {
    const auto end = static_cast<std::size_t>(table_.row_offsets()[row + 1]);
    for (auto i = static_cast<std::size_t>(table_.row_offsets()[row]); i < end; ++i) visit(table_.tokens()[i]);
  }

  Texts texts_;
  std::vector<std::string_view> views_;  // none where the rows came as ready-made tokens
  TokenTable table_;
};

void WordCounts::add(const Tokens& tokens, bool lowercase) {
  with_flag(lowercase, [&](auto flag) {
    for (const Token& token : tokens.table().tokens()) {
      if (token.begin == token.end) continue;
      const auto index = static_cast<std::size_t>(table_.insert<flag.value>(token.begin, token.size()));
      if (index == counts_.size()) counts_.push_back(0);
      ++counts_[index];
    }
  });
}

void CharacterCounts::add(const Tokens& tokens, bool lowercase, std::size_t max_length) {
  for (const Token& token : tokens.table().tokens()) {
    TokenTable::each_character(token, max_length, [&](std::uint32_t c) {
      ++counts_.at(lowercase ? lower_code_point(c) : c);
    });
  }
}

template <std::size_t N>
std::vector<std::pair<std::uint32_t, std::uint32_t>> to_pairs(const Range (&ranges)[N]) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
  for (const Range& range : ranges) pairs.emplace_back(range.first, range.last);
  return pairs;
}

}  // namespace

PYBIND11_MODULE(_featurizer, module) {
  module.doc() = "Tokenization and look-up in C++. Use mtl.featurizer.";
  module.attr("UNICODE_VERSION") = kUnicodeVersion;
  module.def("word_ranges", [] { return to_pairs(kWordRanges); });
  module.def("space_ranges", [] { return to_pairs(kSpaceRanges); });

  py::enum_<Tokenizer>(module, "Tokenizer")
      .value("whitespace", Tokenizer::kWhitespace)
      .value("unicode_words", Tokenizer::kUnicodeWords)
      .value("characters", Tokenizer::kCharacters);
  py::class_<WordIndex>(module, "WordIndex").def(py::init<const py::list&>(), py::arg("entries"));
  py::class_<CharacterIndex>(module, "CharacterIndex").def(py::init<const py::list&>(), py::arg("entries"));
  py::class_<Tokens>(module, "Tokens")
      .def_static("from_texts", &Tokens::from_texts, py::arg("texts"), py::arg("tokenizer"))
      .def_static("from_rows", &Tokens::from_rows, py::arg("rows"))
      .def("row_offsets", [](const Tokens& self) { return to_array(self.table().row_offsets()); })
      .def("strings", &Tokens::strings, py::arg("lowercase"))
      .def("spans", &Tokens::spans)
      .def("word_ids", &Tokens::word_ids, py::arg("index"), py::arg("lowercase"))
      .def("character_ids", &Tokens::character_ids, py::arg("index"), py::arg("lowercase"), py::arg("max_length"));
  py::class_<WordCounts>(module, "WordCounts")
      .def(py::init<>())
      .def("add", &WordCounts::add, py::arg("tokens"), py::arg("lowercase"))
      .def("items", &WordCounts::items);
  py::class_<CharacterCounts>(module, "CharacterCounts")
      .def(py::init<>())
      .def("add", &CharacterCounts::add, py::arg("tokens"), py::arg("lowercase"), py::arg("max_length"))
      .def("items", &CharacterCounts::items);
}

}  // namespace mtl
