#include "full.hpp"
extern template class std::basic_string<char>;
extern template class std::vector<int>;
extern template class std::vector<std::vector<int>>;
extern template class std::vector<std::exception_ptr>;
extern template class std::vector<std::string>;
extern template class std::deque<std::function<void()>>;
extern template class std::function<void()>;
extern template class std::function<void(int)>;
extern template class std::function<bool(int)>;
extern template class std::function<int()>;
extern template class std::unique_ptr<std::thread::_State>;
extern template class std::unique_lock<std::mutex>;
extern template class std::lock_guard<std::mutex>;
extern template class std::shared_ptr<void>;
extern template class std::optional<int>;
