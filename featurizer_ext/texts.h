// UTF-8 views of Python strings.
#pragma once

#include <pybind11/pybind11.h>

#include <string_view>
#include <vector>

namespace mtl {

namespace py = pybind11;

// Hands out views into `str` objects without copying, and keeps alive what they point into. A `str` with lone
// surrogates and `bytes` that are no UTF-8 have no such view: they get a copy with U+FFFD in place of the faults.
class Texts {
 public:
  // Borrows the item's UTF-8. `what` names the item in the error.
  std::string_view view(py::handle item, const char* what) {
    if (PyUnicode_Check(item.ptr())) return of_string(item);
    if (PyBytes_Check(item.ptr())) {
      const auto text = py::reinterpret_steal<py::object>(
          PyUnicode_DecodeUTF8(PyBytes_AS_STRING(item.ptr()), PyBytes_GET_SIZE(item.ptr()), "replace"));
      if (!text) throw py::error_already_set();
      kept_.push_back(text);
      return of_string(text);
    }
    throw py::type_error(std::string(what) + " should be str. Found " + Py_TYPE(item.ptr())->tp_name + ".");
  }

  // Keeps the items of a list or other iterable alive, in a tuple of its own: the caller may change the list.
  py::tuple keep(py::handle items) {
    auto tuple = py::reinterpret_steal<py::tuple>(PySequence_Tuple(items.ptr()));
    if (!tuple) throw py::error_already_set();
    kept_.push_back(tuple);
    return tuple;
  }

 private:
  std::string_view of_string(py::handle text) {
    Py_ssize_t size = 0;
    const char* data = PyUnicode_AsUTF8AndSize(text.ptr(), &size);
    if (data != nullptr) return {data, static_cast<std::size_t>(size)};
    PyErr_Clear();
    auto bytes =
        py::reinterpret_steal<py::object>(PyUnicode_AsEncodedString(text.ptr(), "utf-8", "surrogatepass"));
    if (!bytes) throw py::error_already_set();
    char* p = PyBytes_AS_STRING(bytes.ptr());  // not yet shared with anybody
    const Py_ssize_t length = PyBytes_GET_SIZE(bytes.ptr());
    for (Py_ssize_t i = 0; i + 2 < length; ++i) {
      // A surrogate is ED A0..BF xx, U+FFFD is EF BF BD.
      if (p[i] == '\xED' && static_cast<unsigned char>(p[i + 1]) >= 0xA0) {
        p[i] = '\xEF';
        p[i + 1] = '\xBF';
        p[i + 2] = '\xBD';
      }
    }
    kept_.push_back(bytes);
    return {p, static_cast<std::size_t>(length)};
  }

  std::vector<py::object> kept_;
};

}  // namespace mtl
