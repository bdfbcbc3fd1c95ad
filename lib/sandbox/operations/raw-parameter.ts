import { isObject, type Json } from '../checks/check-value.js';

/** A parameter as it was posted, found without regard to case. */
export function rawParameter(body: Json, name: string): Json {
  const value = Object.entries(body).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  return isObject(value) ? value : {};
}
