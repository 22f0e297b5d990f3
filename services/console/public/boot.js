// What is done before the first paint. A file of its own, since the policy allows no inline script.
(function () {
  // Its path is relative to the page that was loaded, and browsers ask for it on others, too.
  var icon = document.querySelector('link[rel="icon"]');
  if (icon) icon.setAttribute('href', icon.href);
  var scheme = 'auto';
  try {
    scheme = sessionStorage.getItem('carillon.scheme') || localStorage.getItem('carillon.scheme') || 'auto';
  } catch (error) { /* storage is closed in a frame */ }
  var dark = scheme === 'dark' || (scheme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
