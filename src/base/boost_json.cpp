// Boost.JSON's code, compiled once for the whole project (it is used header-only, see ARCHITECTURE.md).
#include <boost/json/src.hpp>
