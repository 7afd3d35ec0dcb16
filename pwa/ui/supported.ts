// The first that is imported: where unsupported.js has said that this browser cannot run the app, nothing follows.
if (document.documentElement.hasAttribute('data-unsupported')) await new Promise(() => {})
export {}
