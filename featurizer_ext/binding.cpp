// mtl._featurizer: hands Python's strings to the core and the core's numbers to NumPy. See mtl/text/featurizer.py.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "core/tokens.h"
#include "tables.h"
#include "texts.h"
#include "word_features.h"
#include "word_ids.h"

namespace mtl {
namespace {

// An array that takes the vector over, without a copy.
template <typename Value>
py::array_t<Value> to_array(std::vector<Value> values) {
  auto owner = std::make_unique<std::vector<Value>>(std::move(values));
  const auto size = static_cast<py::ssize_t>(owner->size());
  const Value* data = owner->data();
  const py::capsule base(owner.get(), [](void* p) { delete static_cast<std::vector<Value>*>(p); });
  owner.release();
  return py::array_t<Value>(size, data, base);
}

Token whole(std::string_view text) { return {text.data(), text.data() + text.size(), text}; }

py::str to_str(std::string_view text) { return py::str(text.data(), text.size()); }

template <typename F>
auto without_gil(F&& f) {
  const py::gil_scoped_release release;
  return f();
}

class WordIndex {
 public:
  explicit WordIndex(const py::list& entries) {
    Texts texts;
    for (const py::handle entry : entries) {
      const std::string_view text = texts.view(entry, "a vocabulary entry");
      table_.insert<false>(whole(text));
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

// Names by type, each a list of tokens.
class NameIndex {
 public:
  explicit NameIndex(const py::list& types) : names_(types.size()) {
    Texts texts;
    std::vector<Token> tokens;
    std::size_t type = 0;
    for (const py::handle names : types) {
      for (const py::handle name : texts.keep(names)) {
        tokens.clear();
        for (const py::handle token : texts.keep(name)) tokens.push_back(whole(texts.view(token, "a token")));
        if (tokens.empty()) throw py::value_error("a name should have at least one token.");
        names_.add(tokens, type);
      }
      ++type;
    }
  }
  const Names& names() const { return names_; }

 private:
  Names names_;
};

// N-grams of words, each a list of them, then n-grams of characters; ids count from 1.
class NgramIndex {
 public:
  NgramIndex(const py::list& words, const py::list& characters) {
    Texts texts;
    std::vector<Token> tokens;
    std::int32_t id = 0;
    for (const py::handle ngram : words) {
      tokens.clear();
      for (const py::handle word : texts.keep(ngram)) tokens.push_back(whole(texts.view(word, "a word")));
      if (tokens.empty()) throw py::value_error("an n-gram should have at least one word.");
      ngrams_.add_words(tokens, ++id);
    }
    for (const py::handle ngram : characters) {
      const Token token = whole(texts.view(ngram, "an n-gram of characters"));
      if (token.empty()) throw py::value_error("an n-gram should have at least one character.");
      ngrams_.add_characters(token, ++id);
    }
  }
  const Ngrams& ngrams() const { return ngrams_; }

 private:
  Ngrams ngrams_;
};

class Tokens;

class WordCounts {
 public:
  void add(const Tokens& tokens, unsigned how);
  py::list items() const {
    py::list result;
    for (std::size_t i = 0; i < counts_.size(); ++i) result.append(py::make_tuple(to_str(table_[i]), counts_[i]));
    return result;
  }

 private:
  ByteTable table_;
  std::vector<std::int64_t> counts_;
};

// In how many rows each token occurs.
class TextCounts {
 public:
  void add(const Tokens& tokens, unsigned how);
  std::int64_t texts() const { return texts_; }
  py::list items() const {
    py::list result;
    for (std::size_t i = 0; i < counts_.size(); ++i) result.append(py::make_tuple(to_str(table_[i]), counts_[i]));
    return result;
  }

 private:
  ByteTable table_;
  std::vector<std::int64_t> counts_;
  std::vector<std::int64_t> seen_;  // the last row that had the token
  std::int64_t texts_ = 0;
};

class CharacterCounts {
 public:
  CharacterCounts() : counts_(0) {}
  void add(const Tokens& tokens, unsigned how, std::size_t max_length);
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

// How often words begin and end how.
class AffixCounts {
 public:
  void add(const Tokens& tokens, unsigned how, std::size_t prefixes, std::size_t suffixes);
  py::list prefixes() const { return items(prefixes_); }
  py::list suffixes() const { return items(suffixes_); }

 private:
  static py::list items(const CountedStrings& counted) {
    py::list result;
    for (std::size_t i = 0; i < counted.counts.size(); ++i) {
      result.append(py::make_tuple(to_str(counted.strings[i]), counted.counts[i]));
    }
    return result;
  }

  CountedStrings prefixes_, suffixes_;
};

// In how many rows each n-gram is.
class RowNgrams {
 public:
  using Sizes = std::pair<std::size_t, std::size_t>;

  RowNgrams(Sizes words, Sizes characters)
      : counts_({words.first, words.second}, {characters.first, characters.second}) {}
  void add(const Tokens& tokens, unsigned how);
  std::int64_t texts() const { return counts_.rows(); }
  py::list words() const {
    py::list result;
    counts_.each_of_words([&](const std::vector<std::string_view>& words, std::int64_t rows) {
      py::list ngram;
      for (const std::string_view word : words) ngram.append(to_str(word));
      result.append(py::make_tuple(ngram, rows));
    });
    return result;
  }
  py::list characters() const {
    py::list result;
    counts_.each_of_characters([&](const std::vector<std::uint32_t>& code_points, std::int64_t rows) {
      const auto ngram = py::reinterpret_steal<py::str>(PyUnicode_FromKindAndData(
          PyUnicode_4BYTE_KIND, code_points.data(), static_cast<py::ssize_t>(code_points.size())));
      if (!ngram) throw py::error_already_set();
      result.append(py::make_tuple(ngram, rows));
    });
    return result;
  }

 private:
  NgramCounts counts_;
};

class Tokens {
 public:
  // `most` tokens per row, 0 for all of them.
  Tokens(const py::object& items, Tokenizer tokenizer, std::size_t most) : rows_(tokenizer, most ? most : kAllTokens) {
    for (const py::handle item : texts_.keep(items)) rows_.add_text(texts_.view(item, "a text"));
  }

  Tokens(const py::object& rows, std::size_t most) : rows_(most ? most : kAllTokens) {
    for (const py::handle row : texts_.keep(rows)) {
      if (PyUnicode_Check(row.ptr()) || PyBytes_Check(row.ptr())) {
        throw py::type_error(std::string("a row should be a list of str. Found ") + Py_TYPE(row.ptr())->tp_name + ".");
      }
      for (const py::handle item : texts_.keep(row)) rows_.add_token(texts_.view(item, "a token"));
      rows_.close_row();
    }
  }

  const Rows& rows() const { return rows_; }

  py::list strings(unsigned how) const {
    py::list result;
    py::list row;
    std::string lowered;
    visit_normalized(
        rows_, how,
        [&](const Token& token, bool lowercase) {
          if (!lowercase) return row.append(to_str({token.begin, token.size()}));
          lowered.assign(token.begin, token.end);
          for (char& c : lowered) c = lower1(c);
          row.append(to_str(lowered));
        },
        [&] {
          result.append(row);
          row = py::list();
        });
    return result;
  }

  py::array_t<std::int64_t> row_offsets() const {
    return to_array(without_gil([&] { return mtl::row_offsets(rows_); }));
  }

  py::array_t<std::int64_t> spans() const {
    return to_array(without_gil([&] { return mtl::spans(rows_); })).reshape({-1, 2});
  }

  py::tuple word_ids(const WordIndex& entries, unsigned how) const {
    Ids found = without_gil([&] { return ids_of_words(rows_, entries.table(), how); });
    return py::make_tuple(to_array(std::move(found.ids)), to_array(std::move(found.row_offsets)));
  }

  py::array_t<std::uint32_t> word_hashes(unsigned how) const {
    return to_array(without_gil([&] { return hashes_of_words(rows_, how); }));
  }

  py::tuple character_ids(const CharacterIndex& entries, unsigned how, std::size_t max_length) const {
    return nested(without_gil([&] { return mtl::character_ids(rows_, entries.ids(), how, max_length); }));
  }

  py::tuple byte_ids(unsigned how, std::size_t max_length) const {
    return nested(without_gil([&] { return mtl::bytes_of_tokens(rows_, how, max_length); }));
  }

  py::tuple affix_ids(const WordIndex& prefixes, const WordIndex& suffixes, unsigned how, std::size_t most_prefixes,
                      std::size_t most_suffixes) const {
    return nested(without_gil([&] {
      return mtl::affixes_of_tokens(rows_, prefixes.table(), suffixes.table(), how, most_prefixes, most_suffixes);
    }));
  }

  py::tuple name_flags(const NameIndex& names, unsigned how, bool ends) const {
    Flags found = without_gil([&] { return mtl::flags_of_names(rows_, names.names(), how, ends); });
    return py::make_tuple(to_array(std::move(found.values)), to_array(std::move(found.token_offsets)),
                          to_array(std::move(found.row_offsets)));
  }

  py::tuple ngram_ids(const NgramIndex& index, unsigned how) const {
    return nested(without_gil([&] { return mtl::ngrams_of_rows(rows_, index.ngrams(), how); }));
  }

  py::array_t<std::int32_t> shapes() const {
    return to_array(without_gil([&] { return mtl::shapes_of_tokens(rows_); }));
  }

 private:
  static py::tuple nested(CharacterIds found) {
    return py::make_tuple(to_array(std::move(found.ids)), to_array(std::move(found.token_offsets)),
                          to_array(std::move(found.row_offsets)));
  }

  Texts texts_;
  Rows rows_;
};

void WordCounts::add(const Tokens& tokens, unsigned how) {
  visit_normalized(
      tokens.rows(), how,
      [&](const Token& token, auto lowercase) {
        if (token.empty()) return;
        const auto index = static_cast<std::size_t>(table_.insert<lowercase.value>(token));
        if (index == counts_.size()) counts_.push_back(0);
        ++counts_[index];
      },
      [] {});
}

void TextCounts::add(const Tokens& tokens, unsigned how) {
  visit_normalized(
      tokens.rows(), how,
      [&](const Token& token, auto lowercase) {
        if (token.empty()) return;
        const auto index = static_cast<std::size_t>(table_.insert<lowercase.value>(token));
        if (index == counts_.size()) {
          counts_.push_back(0);
          seen_.push_back(-1);
        }
        if (seen_[index] == texts_) return;
        seen_[index] = texts_;
        ++counts_[index];
      },
      [&] { ++texts_; });
}

void CharacterCounts::add(const Tokens& tokens, unsigned how, std::size_t max_length) {
  visit_normalized(
      tokens.rows(), how,
      [&](const Token& token, bool lowercase) {
        each_character(token, max_length, lowercase, [&](std::uint32_t c) { ++counts_.at(c); });
      },
      [] {});
}

void AffixCounts::add(const Tokens& tokens, unsigned how, std::size_t prefixes, std::size_t suffixes) {
  count_affixes(tokens.rows(), how, prefixes, suffixes, prefixes_, suffixes_);
}

void RowNgrams::add(const Tokens& tokens, unsigned how) { count_ngrams(tokens.rows(), how, counts_); }

}  // namespace

PYBIND11_MODULE(_featurizer, module) {
  module.doc() = "Tokenization and look-up in C++. Use mtl.text.featurizer.";
  add_tables(module);

  py::enum_<Tokenizer>(module, "Tokenizer")
      .value("whitespace", Tokenizer::kWhitespace)
      .value("unicode_words", Tokenizer::kUnicodeWords)
      .value("characters", Tokenizer::kCharacters);
  py::class_<WordIndex>(module, "WordIndex").def(py::init<const py::list&>(), py::arg("entries"));
  py::class_<CharacterIndex>(module, "CharacterIndex").def(py::init<const py::list&>(), py::arg("entries"));
  py::class_<NameIndex>(module, "NameIndex").def(py::init<const py::list&>(), py::arg("types"));
  py::class_<NgramIndex>(module, "NgramIndex")
      .def(py::init<const py::list&, const py::list&>(), py::arg("words"), py::arg("characters"));
  py::class_<Tokens>(module, "Tokens")
      .def(py::init<const py::object&, Tokenizer, std::size_t>(), py::arg("texts"), py::arg("tokenizer"),
           py::arg("max_tokens") = 0)
      .def(py::init<const py::object&, std::size_t>(), py::arg("rows"), py::arg("max_tokens") = 0)
      .def("row_offsets", &Tokens::row_offsets)
      .def("strings", &Tokens::strings, py::arg("normalization"))
      .def("spans", &Tokens::spans)
      .def("word_ids", &Tokens::word_ids, py::arg("index"), py::arg("normalization"))
      .def("word_hashes", &Tokens::word_hashes, py::arg("normalization"))
      .def("character_ids", &Tokens::character_ids, py::arg("index"), py::arg("normalization"), py::arg("max_length"))
      .def("byte_ids", &Tokens::byte_ids, py::arg("normalization"), py::arg("max_length"))
      .def("affix_ids", &Tokens::affix_ids, py::arg("prefixes"), py::arg("suffixes"), py::arg("normalization"),
           py::arg("most_prefixes"), py::arg("most_suffixes"))
      .def("name_flags", &Tokens::name_flags, py::arg("names"), py::arg("normalization"), py::arg("ends"))
      .def("ngram_ids", &Tokens::ngram_ids, py::arg("index"), py::arg("normalization"))
      .def("shapes", &Tokens::shapes);
  py::class_<WordCounts>(module, "WordCounts")
      .def(py::init<>())
      .def("add", &WordCounts::add, py::arg("tokens"), py::arg("normalization"))
      .def("items", &WordCounts::items);
  py::class_<TextCounts>(module, "TextCounts")
      .def(py::init<>())
      .def("add", &TextCounts::add, py::arg("tokens"), py::arg("normalization"))
      .def_property_readonly("texts", &TextCounts::texts)
      .def("items", &TextCounts::items);
  py::class_<AffixCounts>(module, "AffixCounts")
      .def(py::init<>())
      .def("add", &AffixCounts::add, py::arg("tokens"), py::arg("normalization"), py::arg("prefixes"),
           py::arg("suffixes"))
      .def("prefixes", &AffixCounts::prefixes)
      .def("suffixes", &AffixCounts::suffixes);
  py::class_<RowNgrams>(module, "NgramCounts")
      .def(py::init<RowNgrams::Sizes, RowNgrams::Sizes>(), py::arg("words"), py::arg("characters"))
      .def("add", &RowNgrams::add, py::arg("tokens"), py::arg("normalization"))
      .def_property_readonly("texts", &RowNgrams::texts)
      .def("words", &RowNgrams::words)
      .def("characters", &RowNgrams::characters);
  py::class_<CharacterCounts>(module, "CharacterCounts")
      .def(py::init<>())
      .def("add", &CharacterCounts::add, py::arg("tokens"), py::arg("normalization"), py::arg("max_length"))
      .def("items", &CharacterCounts::items);
}

}  // namespace mtl
