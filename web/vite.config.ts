import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [svelte()],
  build: {
    // The placeholder beside the built page belongs to the repository and survives a build;
    // `npm run build` removes the old assets itself.
    emptyOutDir: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
  },
  // `npm run dev` shows the data of an `amity serve` on its usual address.
  server: { proxy: { '/api': { target: 'http://127.0.0.1:8460', changeOrigin: true } } },
});
