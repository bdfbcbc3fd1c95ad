import { configError } from '../errors/config-error.js';

/** An option that arrives as text: from a URL or the environment. */
export function parseText(text: string, type: 'string' | 'number' | 'boolean', name: string): string | number | boolean {
  const value = text.trim();
  if (type === 'boolean') {
    if (/^(true|1|yes|on)$/i.test(value)) return true;
    if (/^(false|0|no|off)$/i.test(value)) return false;
    throw configError(`"${name}" must be true or false, not '${value.slice(0, 40)}'`);
  }
  if (type === 'number') {
    if (/^\d+$/.test(value)) return Number(value);
    throw configError(`"${name}" must be a whole number, not '${value.slice(0, 40)}'`);
  }
  return value;
}
