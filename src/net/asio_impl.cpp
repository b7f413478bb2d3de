// Asio's code, compiled once for the whole project (it is used header-only, see ARCHITECTURE.md).
#include <boost/asio/impl/src.hpp>
