// Sets the color scheme before the first paint. A file of its own, since the policy allows no inline script.
(function () {
  var scheme = 'auto';
  try {
    scheme = sessionStorage.getItem('carillon.scheme') || localStorage.getItem('carillon.scheme') || 'auto';
  } catch (error) { /* storage is closed in a frame */ }
  var dark = scheme === 'dark' || (scheme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
