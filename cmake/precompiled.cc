// What is precompiled needs a source that it is compiled for (Carillon.cmake).
int main() {}
