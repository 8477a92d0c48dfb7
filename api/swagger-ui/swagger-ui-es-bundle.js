// Not used by the viewer at /docs, which loads swagger-ui-bundle.js.
