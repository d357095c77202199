export { type Refuse, readYaml } from './read-yaml.js';
export { closest, didYouMean } from './spelling.js';
export { yamlText } from './yaml-text.js';
