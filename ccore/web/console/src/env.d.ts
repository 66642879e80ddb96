/// <reference types="vite/client" />

import "vue-router";
import type { Component } from "vue";
import type { Allowed, Group } from "@/access";

declare module "vue-router" {
  interface RouteMeta {
    /** Who may come here. A page that says nothing is shown to nobody. */
    roles?: Allowed;
    /** Key of the page's name in its words. */
    title?: string;
    icon?: Component;
    /** Where it stands in the navigation; none: nowhere. */
    group?: Group;
    order?: number;
    /** Keys that lead here, such as "g d". */
    shortcut?: string;
    /** Without navigation and header around it. */
    bare?: boolean;
    /** In the bar at the bottom of a narrow screen, for those whose page it is by their role. */
    bar?: boolean;
  }
}
